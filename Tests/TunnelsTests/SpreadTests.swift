// SPDX-License-Identifier: MIT
import Policy
import Testing
import Tunnels

@Suite struct SpreadTests {
    private static func counts(_ spread: Spread) -> [Int: Int] { spread.places.reduce(into: [:]) { $0[$1, default: 0] += 1 } }

    @Test func sharesAreByWeight() {
        var spread = Spread()
        spread.fit([(0, 2), (1, 1)])
        #expect(Self.counts(spread) == [0: 160, 1: 80])
        spread.fit([(1, 1)])
        #expect(Self.counts(spread) == [1: Node.places])
        spread.fit([])
        #expect(spread.places.isEmpty)
    }

    /// Nodes come, go and change their weights in every order: shares are within one place of what is due, and as few places as possible move.
    @Test func nothingMovesWithoutNeed() {
        var random = SystemRandomNumberGenerator()
        var spread = Spread()
        var former: [Int] = []
        for _ in 0..<2000 {
            let nodes = (0..<10).filter { _ in Bool.random(using: &random) }.map {
                (number: $0, weight: Int.random(in: 1...[3, 1000].randomElement()!))
            }
            spread.fit(nodes)
            let total = nodes.reduce(0) { $0 + $1.weight }
            let counts = Self.counts(spread)
            #expect(spread.places.count == (nodes.isEmpty ? 0 : Node.places) && Set(counts.keys).isSubset(of: nodes.map(\.number)))
            for node in nodes {
                let due = Double(node.weight * Node.places) / Double(total)
                #expect(abs(Double(counts[node.number] ?? 0) - due) < 1, "\(nodes): \(counts)")
            }
            if former.count == spread.places.count, !former.isEmpty {
                let kept = zip(former, spread.places).filter { $0 == $1 }.count
                let before = former.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
                #expect(kept == counts.reduce(0) { $0 + min($1.value, before[$1.key] ?? 0) })
            }
            former = spread.places
        }
    }
}
