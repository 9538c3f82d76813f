// SPDX-License-Identifier: MIT
import NIOCore
import Wire

/// DNS over TLS: messages with their length before them, answered in any order (RFC 7858 section 3.3, RFC 7766 section 6.2.1.1).
final class TLSCarrier: ChannelInboundHandler, Carrier {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let connection: SecureConnection
    private var context: ChannelHandlerContext?
    /// By the id on the wire, which is ours alone on this connection; nil: nobody waits for it any more.
    private var open: [UInt16: Question?] = [:]
    private var nextID: UInt16 = 0
    private var received = ByteBuffer()
    private var unasked = 0

    /// Ids are found quickly, and there are never so many flights.
    private static let most = 16_384
    /// Messages nobody asked for.
    private static let mostUnasked = 64

    init(_ connection: SecureConnection) { self.connection = connection }

    var questions: [Question] { open.values.compactMap(\.self) }
    var isBusy: Bool { !open.isEmpty }
    var hasRoom: Bool { open.count < Self.most }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func send(_ question: Question) {
        while open[nextID] != nil { nextID &+= 1 }
        open[nextID] = .some(question)
        let message = question.message.with(id: nextID)
        nextID &+= 1
        var buffer = ByteBuffer()
        buffer.reserveCapacity(message.count + 2)
        buffer.writeInteger(UInt16(clamping: message.count))
        buffer.writeBytes(message)
        context?.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    func forget(_ number: UInt64) {
        guard let place = open.first(where: { $0.value?.number == number })?.key else { return }
        open[place] = .some(nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        received.writeBuffer(&bytes)
        while let length = received.getInteger(at: received.readerIndex, as: UInt16.self) {
            guard let message = received.getBytes(at: received.readerIndex + 2, length: Int(length)) else { break }
            received.moveReaderIndex(forwardBy: 2 + Int(length))
            guard take(message) else { return }
        }
        received.discardReadBytes()
    }

    /// Whether the connection goes on.
    private func take(_ message: [UInt8]) -> Bool {
        guard let id = message.messageID, let question = open.removeValue(forKey: id) else {
            unasked += 1
            if unasked > Self.mostUnasked { connection.fail(.unasked) }
            return unasked <= Self.mostUnasked
        }
        connection.answered(question, message)
        return true
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        connection.fail(ExtendedError(talking: error))
    }
}

extension ExtendedError {
    fileprivate static let unasked = ExtendedError(networkError, "it sends answers that nobody asked for")
}
