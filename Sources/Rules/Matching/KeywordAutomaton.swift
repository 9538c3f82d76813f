// SPDX-License-Identifier: MIT

/// Finds all of many keywords in one pass over a text (Aho and Corasick, 1975).
///
/// Nodes are numbered level by level, so that the children of one stand side by side, ordered by byte.
struct KeywordAutomaton: Sendable {
    private struct Node: Sendable {
        /// Of its children, which end where those of the next node begin.
        var firstChild: UInt32
        /// The node of the longest end of what leads here that is some keyword's beginning.
        var fallback: UInt32 = 0
        /// The nearest node, by way of fallbacks, where a keyword ends; 0: none.
        var report: UInt32 = 0
        /// Keywords that end here, in `order`.
        var ending: Range<UInt32>
        var byte: UInt8
    }

    private var nodes: [Node] = []
    /// Indices of keywords, equal ones side by side.
    private var order: [UInt32] = []
    /// Children of the root, by byte; 0: none. Most bytes of a text are looked for here.
    private var roots: [UInt32] = Array(repeating: 0, count: 256)

    var isEmpty: Bool { order.isEmpty }

    /// - Parameter keywords: none of them empty.
    init(_ keywords: [[UInt8]]) {
        guard !keywords.isEmpty else { return }
        let sorted = keywords.indices.sorted { (keywords[$0], $0) < (keywords[$1], $1) }
        order = sorted.map { UInt32(truncatingIfNeeded: $0) }
        // Each node with the range of sorted keywords that begin with what leads to it.
        var ranges = [0..<sorted.count]
        var parents: [Int] = [0]
        var depths = [0]
        nodes = [Node(firstChild: 0, ending: 0..<0, byte: 0)]
        var node = 0
        while node < nodes.count {
            let depth = depths[node]
            var range = ranges[node]
            let done = range.prefix { keywords[sorted[$0]].count == depth }
            nodes[node].ending = UInt32(range.lowerBound)..<UInt32(range.lowerBound + done.count)
            range = range.lowerBound + done.count..<range.upperBound
            nodes[node].firstChild = UInt32(truncatingIfNeeded: nodes.count)
            while let first = range.first {
                let byte = keywords[sorted[first]][depth]
                let end = range.first { keywords[sorted[$0]][depth] != byte } ?? range.upperBound
                nodes.append(Node(firstChild: 0, ending: 0..<0, byte: byte))
                ranges.append(first..<end)
                parents.append(node)
                depths.append(depth + 1)
                range = end..<range.upperBound
            }
            node += 1
        }
        for child in children(of: 0) { roots[Int(nodes[child].byte)] = UInt32(truncatingIfNeeded: child) }
        for node in nodes.indices.dropFirst() {
            let fallback = parents[node] == 0 ? 0 : step(Int(nodes[parents[node]].fallback), nodes[node].byte)
            nodes[node].fallback = UInt32(truncatingIfNeeded: fallback)
            nodes[node].report = nodes[node].ending.isEmpty ? nodes[fallback].report : UInt32(truncatingIfNeeded: node)
        }
    }

    private func children(of node: Int) -> Range<Int> {
        Int(nodes[node].firstChild)..<(node + 1 < nodes.count ? Int(nodes[node + 1].firstChild) : nodes.count)
    }

    /// The node after one more byte.
    private func step(_ start: Int, _ byte: UInt8) -> Int {
        var node = start
        while node != 0 {
            for child in children(of: node) where nodes[child].byte == byte { return child }
            node = Int(nodes[node].fallback)
        }
        return Int(roots[Int(byte)])
    }

    /// Indices of the keywords that `text` contains, ascending.
    func matches(_ text: [UInt8]) -> [Int] {
        guard !isEmpty else { return [] }
        var found: Set<Int> = []
        var node = 0
        for byte in text {
            node = step(node, byte)
            var report = Int(nodes[node].report)
            while report != 0 {
                for index in nodes[report].ending { found.insert(Int(order[Int(index)])) }
                report = Int(nodes[Int(nodes[report].fallback)].report)
            }
        }
        return found.sorted()
    }
}

private func < (left: ([UInt8], Int), right: ([UInt8], Int)) -> Bool {
    left.0 == right.0 ? left.1 < right.1 : left.0.lexicographicallyPrecedes(right.0)
}
