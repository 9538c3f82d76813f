// SPDX-License-Identifier: MIT
import NIOCore
import Wire

/// The last handler of a connection: puts questions on it and takes answers off.
protocol Carrier: ChannelHandler {
    /// Questions that wait for an answer, those aside that nobody waits for any more.
    var questions: [Question] { get }
    /// Whether anything is expected from the server, wanted or not.
    var isBusy: Bool { get }
    /// Whether another question may be put on it.
    var hasRoom: Bool { get }
    func send(_ question: Question)
    func forget(_ number: UInt64)
}
