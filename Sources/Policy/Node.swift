// SPDX-License-Identifier: MIT

/// One `[[tunnel]]`, by its place in the configuration.
package struct Node: Hashable, Sendable, Comparable {
    /// 0 to 9.
    package let number: Int

    /// More tunnels than this have no marks.
    package static let most = 10

    /// Nil beyond the tenth.
    package init?(_ number: Int) {
        guard (0..<Self.most).contains(number) else { return nil }
        self.number = number
    }

    /// Among how many places new flows are spread, each of which is a node's. The sums of most small weights divide it, so that shares are what is due.
    package static let places = 240

    /// As many as there are, in order.
    package static func first(_ count: Int) -> [Node] { (0..<max(count, 0)).compactMap { Node($0) } }

    /// On packets that leave by it, and on their flows. `Path.tunnel.mark` means whichever is in use, and only our own sockets bear it.
    package var mark: UInt32 { 0x1000_0000 + UInt32(number) << 24 }
    /// On flows that came in by it.
    package var arrivalMark: UInt32 { 0x2000_0000 + UInt32(number) << 24 }

    package static func < (left: Node, right: Node) -> Bool { left.number < right.number }
}
