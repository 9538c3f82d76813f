// SPDX-License-Identifier: MIT
internal import Wire

/// One question, or one knock at an address, of the run. Its place in the list of all questions is the number in its name.
struct Question: Sendable {
    enum Owner: Hashable, Sendable {
        /// Index in the plan.
        case control(Int)
        case cell(Int)
    }

    enum Kind: Hashable, Sendable {
        case dns(QueryType, id: UInt16)
        /// Nothing is asked: only that it leaves counts.
        case knock

        /// For reports.
        var description: String {
            switch self {
            case .dns(let type, _): type.description
            case .knock: "connection"
            }
        }
    }

    let owner: Owner
    /// What is asked, or the address that is knocked at.
    let name: String
    let kind: Kind
    let transport: Transport
    let server: ServerAddress
    /// SO_MARK of the socket; 0: none.
    var mark: UInt32 = 0
    var app = Matrix.App.normal
    /// The message as ldns built it, or the payload of a knock by UDP.
    let message: [UInt8]
}

/// What tells a TCP connection of ours by its first packet, which has no payload.
struct Flow: Hashable, Sendable {
    let remote: IPAddress
    let port: UInt16
    /// Our own port where the other end's is a common one; nil: that one is ours alone.
    var local: UInt16?
}

/// What came of a question at the place it was asked.
enum Outcome: Hashable, Sendable {
    /// The answer's RCODE, as text.
    case answered(String)
    /// The other side of a knock was there.
    case connected
    case silent
    /// The socket failed with this errno.
    case failed(Int32)
}
