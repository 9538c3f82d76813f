// SPDX-License-Identifier: MIT
import NIOCore
import NIOHPACK
import NIOHTTP2
import Wire

/// DNS over HTTP/2 (RFC 8484): each question a POST on a stream of its own.
final class HTTPCarrier: ChannelInboundHandler, Carrier {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    /// Where the questions go.
    struct Place {
        let authority: String
        let path: String

        /// The authority is the server's name, if it has one, else its address.
        init(_ server: ServerAddress, path: String) {
            let host = server.scheme.tls.identity.name ?? (server.address.family == .v6 ? "[\(server.address)]" : "\(server.address)")
            authority = server.port == 443 ? host : "\(host):\(server.port)"
            self.path = path
        }
    }

    private let connection: SecureConnection
    private let place: Place
    private var context: ChannelHandlerContext?
    private var open: [HTTP2StreamID: HTTPExchange] = [:]
    private var nextStream: HTTP2StreamID = 1
    private var sent = 0
    private var isGoing = false
    /// Bytes of the connection's window that came and were not given back yet.
    private var unreturned = 0

    /// Streams at once. A body may have 64 KiB; the window of the connection lets no more than half a megabyte of them come unread.
    private static let most = 1024
    private static let connectionWindow = 512 << 10
    /// One more than a body may have, so that a longer one is seen.
    private static let streamWindow = HTTPExchange.mostBody + 1
    /// Then a new connection: far from the end of stream numbers (RFC 9113 section 5.1.1).
    private static let mostSent = 1 << 24

    /// Frames, their order and their bounds: header lists of 8 KiB, 200 control frames in 30 seconds.
    static var protocolHandler: NIOHTTP2Handler {
        var configuration = NIOHTTP2Handler.ConnectionConfiguration()
        configuration.initialSettings = [
            HTTP2Setting(parameter: .enablePush, value: 0), HTTP2Setting(parameter: .maxConcurrentStreams, value: 0),
            HTTP2Setting(parameter: .maxHeaderListSize, value: 8 << 10), HTTP2Setting(parameter: .initialWindowSize, value: streamWindow),
        ]
        configuration.maximumSequentialEmptyDataFrames = 8
        configuration.maximumBufferedControlFrames = 200
        // What a wrong length means is decided here, for its stream alone.
        configuration.contentLengthValidation = .disabled
        return NIOHTTP2Handler(mode: .client, connectionConfiguration: configuration)
    }

    init(_ connection: SecureConnection, _ place: Place) {
        self.connection = connection
        self.place = place
    }

    var questions: [Question] { open.values.compactMap(\.question) }
    var isBusy: Bool { !open.isEmpty }
    var hasRoom: Bool { open.count < Self.most && sent < Self.mostSent && !isGoing }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        write(.rootStream, .windowUpdate(windowSizeIncrement: Self.connectionWindow - 65_535))
        context.flush()
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func send(_ question: Question) {
        guard let context else { return }
        let stream = nextStream
        nextStream = nextStream.advanced(by: 2)
        sent += 1
        open[stream] = HTTPExchange(question)
        // Id 0, so that equal questions are equal bytes (RFC 8484 section 4.1).
        let body = ByteBuffer(bytes: question.message.with(id: 0))
        let headers: HPACKHeaders = [
            ":method": "POST", ":scheme": "https", ":authority": place.authority, ":path": place.path, "accept": HTTPExchange.messageType,
            "content-type": HTTPExchange.messageType, "content-length": "\(body.readableBytes)",
        ]
        write(stream, .headers(.init(headers: headers)))
        write(stream, .data(.init(data: .byteBuffer(body), endStream: true)))
        context.flush()
    }

    func forget(_ number: UInt64) {
        guard let stream = open.first(where: { $0.value.question?.number == number })?.key else { return }
        open[stream]?.question = nil
    }

    private func write(_ stream: HTTP2StreamID, _ payload: HTTP2Frame.FramePayload) {
        context?.write(wrapOutboundOut(HTTP2Frame(streamID: stream, payload: payload)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.payload {
        case .headers(let part): proceed(frame.streamID) { $0.take(part.headers, isLast: part.endStream) }
        case .data(let part):
            guard case .byteBuffer(let bytes) = part.data else { return }
            let taken = bytes.readableBytes + (part.paddingBytes.map { $0 + 1 } ?? 0)
            unreturned += taken
            if unreturned >= Self.connectionWindow / 2 {
                write(.rootStream, .windowUpdate(windowSizeIncrement: unreturned))
                unreturned = 0
                context.flush()
            }
            proceed(frame.streamID) { $0.take(bytes, isLast: part.endStream) }
        case .rstStream(let code): reset(frame.streamID, code)
        case .goAway(let last, _, _):
            isGoing = true
            let untouched = open.filter { $0.key > last }
            for stream in untouched.keys { open[stream] = nil }
            connection.returned(untouched.values.compactMap(\.question))
        // The protocol handler has dealt with them; those it did not ask for it does not let pass.
        case .settings, .ping, .windowUpdate, .priority, .pushPromise, .alternativeService, .origin: break
        }
    }

    private func proceed(_ stream: HTTP2StreamID, _ step: (inout HTTPExchange) -> HTTPExchange.Step) {
        guard var exchange = open[stream] else { return }
        let step = step(&exchange)
        open[stream] = exchange
        switch step {
        case .more: break
        case .answer(let message):
            open[stream] = nil
            connection.answered(exchange.question, message)
        case .refused(let error, let isOver):
            open[stream] = nil
            if !isOver {
                write(stream, .rstStream(.cancel))
                context?.flush()
            }
            connection.refused(exchange.question, error)
        }
    }

    private func reset(_ stream: HTTP2StreamID, _ code: HTTP2ErrorCode) {
        guard let exchange = open.removeValue(forKey: stream) else { return }
        if code == .refusedStream {
            // Not looked at (RFC 9113 section 8.7).
            connection.returned(exchange.question.map { [$0] } ?? [])
        } else {
            connection.refused(
                exchange.question, ExtendedError(ExtendedError.networkError, "it reset the stream (HTTP/2 error \(code.networkCode))"))
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        connection.fail(ExtendedError(talking: error))
    }
}
