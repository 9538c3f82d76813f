// SPDX-License-Identifier: MIT
import Policy

/// Whose each of the places is among which flows are spread. A place changes hands only where the shares ask for it.
package struct Spread: Hashable, Sendable {
    /// The number of the node that has each place; empty while there is no node.
    package private(set) var places: [Int] = []

    package init() {}

    /// Gives these nodes their shares by weight: each within one place of what is due to it. One with less than that may get none.
    ///
    /// - Parameter nodes: 240 at most, of different numbers, with weights of 1 and more.
    package mutating func fit(_ nodes: [(number: Int, weight: Int)]) {
        guard !nodes.isEmpty else { return places = [] }
        var missing = Self.shares(nodes)
        var free: [Int] = []
        if places.isEmpty { places = Array(repeating: -1, count: Node.places) }
        for (place, number) in places.enumerated() {
            if let left = missing[number], left > 0 { missing[number] = left - 1 } else { free.append(place) }
        }
        let takers = nodes.flatMap { Array(repeating: $0.number, count: missing[$0.number] ?? 0) }
        for (place, number) in zip(free, takers) { places[place] = number }
    }

    private static func shares(_ nodes: [(number: Int, weight: Int)]) -> [Int: Int] {
        let total = nodes.reduce(0.0) { $0 + Double($1.weight) }
        let due = nodes.map { Double($0.weight) / total * Double(Node.places) }
        var shares = due.map { Int($0) }
        // What rounding has left goes to the largest remainders.
        let order = due.indices.sorted { (due[$1] - Double(shares[$1]), $0) < (due[$0] - Double(shares[$0]), $1) }
        for index in order.prefix(Node.places - shares.reduce(0, +)) { shares[index] += 1 }
        return Dictionary(zip(nodes.map(\.number), shares)) { first, _ in first }
    }
}
