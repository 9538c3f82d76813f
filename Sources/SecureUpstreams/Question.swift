// SPDX-License-Identifier: MIT
import NIOCore
import Wire

/// One question on its way.
struct Question {
    let number: UInt64
    /// The id it is known by to whoever asks.
    let id: UInt16
    /// Padded, with that id.
    let message: [UInt8]
    let began = NIODeadline.now()
    /// Connections it was sent on.
    var sends = 0

    init(_ number: UInt64, _ message: [UInt8]) {
        self.number = number
        id = message.messageID ?? 0
        self.message = message.padded()
    }

    /// Whether it may go out once more after its connection has ended: servers close when they like (RFC 7766 section 6.2.4).
    var mayGoAgain: Bool { sends < Self.mostSends && NIODeadline.now() - began < Self.patience }

    private static let mostSends = 32
    /// After that the next server has its turn.
    private static let patience = TimeAmount.milliseconds(2500)
}
