// SPDX-License-Identifier: MIT

/// What became of one cell.
package struct CellResult: Encodable, Sendable {
    package enum Verdict: String, Encodable, Sendable {
        case clean
        case leak
        /// A packet should have been seen and none was: no leak, and no proof.
        case silent
        /// A question was neither answered nor seen anywhere, so nothing shows that it was ever looked at.
        case unanswered
        /// A packet was seen that cannot be placed: on an interface that vanished at once, or with no address that can be read.
        case unclear
        /// Its packets went as they must, and the answer was another than the matrix has.
        case misanswered
    }

    /// Where packets of the cell were seen, `lo` apart.
    package enum Seen: String, Encodable, Sendable {
        case tunnel
        case outside
        /// Outside, and all to or from private addresses; told apart only where `lan` was expected.
        case lan
        case nothing
        /// In the tunnel and outside.
        case several
        /// Only on links that vanished.
        case unknown
    }

    /// What the listener did with one question.
    package struct Answer: Encodable, Sendable, Equatable {
        package let name: String
        package let type: String
        package let transport: Transport
        /// Of the answer; nil when none came.
        package let rcode: String?
        /// Why none came; nil when one did.
        package let failure: String?
        /// Whether a packet with its name was seen on a link where it belongs.
        package let seen: Bool
    }

    package let label: String
    package let expected: Expectation
    package let seen: Seen
    package let verdict: Verdict
    /// By interface, `lo` included.
    package let packets: [String: Int]
    package let leaks: [LeakReport.Leak]
    package let answers: [Answer]
    /// What the machine was like; empty where the run had only one such.
    package let situation: String
    /// Where in the matrix it stands, if it does.
    package let coordinates: Matrix.Coordinates?
    /// What told its packets from all others.
    package let comparedBy: [String]
    /// The only addresses that could be spoken to; empty: any on the right links.
    package let servers: [String]
}

/// What became of one positive control.
package struct ControlResult: Encodable, Sendable {
    package enum Verdict: String, Encodable, Sendable {
        case seen
        /// Not seen on a link of its side: the test proves nothing.
        case unseen
        /// Seen on a link of the other side: packets with this mark leave where they must not.
        case leak
    }

    package let server: String
    package let side: Control.Side
    package let verdict: Verdict
    /// By interface.
    package let packets: [String: Int]
    package let leaks: [LeakReport.Leak]
    package let situation: String
    /// RCODE of the answer, or why none came. An answer is not asked for: to be seen is enough.
    package let answer: String
}
