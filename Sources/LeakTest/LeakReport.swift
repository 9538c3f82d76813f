// SPDX-License-Identifier: MIT

/// What a leak test found. Encodes to the object of `leaktest --json` without its `schema`.
package struct LeakReport: Encodable, Sendable {
    package enum Verdict: String, Encodable, Sendable {
        /// Every control was seen, and every cell's packets left where they must and nowhere else.
        case clean
        /// At least one packet was seen on a link where it must not be.
        case leak
        /// No leak was seen, and the test cannot vouch that there is none; `reasons` says why.
        case inconclusive

        /// 0 clean, 2 leak, 5 inconclusive.
        package var exitCode: Int32 {
            switch self {
            case .clean: 0
            case .leak: 2
            case .inconclusive: 5
            }
        }
    }

    /// A packet where none of its kind may be.
    package struct Leak: Encodable, Sendable, Equatable {
        package enum Direction: String, Encodable, Sendable {
            case out
            case `in`
        }

        package let interface: String
        package let direction: Direction
        /// Nil, as are the following four, when the bytes around the name are no IP packet.
        package let source: String?
        package let destination: String?
        /// `udp`, `tcp`, `icmp` or `protocol N`.
        package let `protocol`: String?
        /// Of the other end.
        package let port: UInt16?
        /// As the packet asks or answers it; the question that was sent, when the packet is no plain DNS.
        package let name: String
        package let type: String
        /// How many equal ones were seen.
        package let packets: Int
    }

    package struct LeftOut: Encodable, Sendable, Equatable {
        package let label: String
        package let reason: String
        /// What the machine was like; empty where the run had only one such.
        package var situation = ""

        package init(label: String, reason: String, situation: String = "") {
            self.label = label
            self.reason = reason
            self.situation = situation
        }
    }

    package let verdict: Verdict
    /// What speaks against `clean`, for people; empty when clean.
    package let reasons: [String]
    package let cells: [CellResult]
    package let control: [ControlResult]
    /// Cells that could not be asked. They do not change the verdict.
    package let leftOut: [LeftOut]
    /// Every interface there was; all were watched.
    package let interfaces: [Link]
    /// Packets that came faster than they could be looked at.
    package let lost: Int
    /// Questions asked for the cells.
    package let questions: Int
    package let milliseconds: Int

    private enum CodingKeys: String, CodingKey {
        case verdict, reasons, cells, control, interfaces, lost, questions, milliseconds
        case leftOut = "left_out"
    }
}
