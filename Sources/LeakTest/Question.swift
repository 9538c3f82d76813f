// SPDX-License-Identifier: MIT
internal import Wire

/// One question of the run. Its place in the list of all questions is the number in its name.
struct Question: Sendable {
    enum Owner: Hashable, Sendable {
        /// Index in the plan.
        case control(Int)
        case cell(Int)
    }

    let owner: Owner
    let name: String
    let type: QueryType
    let transport: Transport
    let server: ServerAddress
    /// SO_MARK of the socket; 0: none.
    let mark: UInt32
    let id: UInt16
    /// The message as ldns built it.
    let message: [UInt8]
}

/// What came of a question at the place it was asked.
enum Outcome: Hashable, Sendable {
    /// The answer's RCODE, as text.
    case answered(String)
    case silent
    /// The socket failed with this errno.
    case failed(Int32)
}
