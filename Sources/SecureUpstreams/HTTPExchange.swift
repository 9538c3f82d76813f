// SPDX-License-Identifier: MIT
import NIOCore
import NIOHPACK
import Wire

/// One question and what has come of its response.
struct HTTPExchange {
    /// Nil: nobody waits for it any more.
    var question: Question?
    private var hasHeaders = false
    private var interim = 0
    private var age: UInt32 = 0
    private var body = ByteBuffer()

    static let messageType = "application/dns-message"
    /// No DNS message is longer.
    static let mostBody = 65_535
    /// Interim responses (RFC 9110 section 15.2).
    private static let mostInterim = 8

    /// What is next.
    enum Step {
        case more
        case answer([UInt8])
        /// `isOver`: the server has nothing more to say on the stream.
        case refused(ExtendedError, isOver: Bool)
    }

    init(_ question: Question) { self.question = question }

    mutating func take(_ headers: HPACKHeaders, isLast: Bool) -> Step {
        // Trailers say nothing to us.
        if hasHeaders { return isLast ? end() : .more }
        guard let status = headers.first(name: ":status").flatMap({ Int($0) }) else { return refuse("its response has no status", isLast) }
        if (100..<200).contains(status) {
            interim += 1
            return isLast || interim > Self.mostInterim ? refuse("its response does not begin", isLast) : .more
        }
        guard (200..<300).contains(status) else {
            return refuse(
                "it answers with HTTP status \(status)" + ((300..<400).contains(status) ? ", and no redirect is followed" : ""), isLast)
        }
        let type = headers.first(name: "content-type") ?? ""
        let kind = type.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }.lowercased()
        guard kind == Self.messageType else {
            let shown = String(String.UnicodeScalarView(type.unicodeScalars.prefix(40).filter { $0.isASCII && $0.value >= 0x20 }))
            return refuse("its response is \(shown.isEmpty ? "of no type" : "of type \(shown)"), not \(Self.messageType)", isLast)
        }
        if let length = headers.first(name: "content-length").flatMap({ Int($0) }), length > Self.mostBody { return tooLong(isLast) }
        age = headers.first(name: "age").flatMap { UInt32($0) } ?? 0
        hasHeaders = true
        return isLast ? end() : .more
    }

    mutating func take(_ bytes: ByteBuffer, isLast: Bool) -> Step {
        guard hasHeaders else { return refuse("its response has no header", isLast) }
        guard body.readableBytes + bytes.readableBytes <= Self.mostBody else { return tooLong(isLast) }
        body.writeImmutableBuffer(bytes)
        return isLast ? end() : .more
    }

    private func end() -> Step {
        let message = Array(body.readableBytesView)
        guard let id = message.messageID else { return refuse("its response is no DNS message", true) }
        // Another id than the one asked with is not made to fit: the question's own check refuses it.
        guard id == 0 else { return refuse("its answer is to another question", true) }
        return .answer(message.aged(by: age))
    }

    private func tooLong(_ isLast: Bool) -> Step { refuse("its response is longer than a DNS message", isLast) }

    private func refuse(_ text: String, _ isLast: Bool) -> Step {
        .refused(ExtendedError(ExtendedError.networkError, text), isOver: isLast)
    }
}
