// SPDX-License-Identifier: MIT

extension LeakReport {
    /// For people, of a report with many cells: a line for each state and kind of question, in full only what is not clean, the verdict.
    package func summary(color: Bool) -> String {
        var lines = ["watched   " + interfaces.map(Self.watched).joined(separator: ", ")]
        let seen = control.count { $0.verdict == .seen }
        lines.append(
            Self.word(seen == control.count && seen > 0 ? ControlResult.Verdict.seen : .unseen, color)
                + "\(seen) of \(control.count) positive controls")
        for group in Group.all(of: cells) {
            lines.append(Self.word(group.verdict, color) + group.text)
        }
        let ways = cells.reduce(into: [String: Int]()) { $0[$1.comparedBy.joined(separator: " or "), default: 0] += 1 }
        for (way, count) in ways.sorted(by: { $0.key < $1.key }) { lines.append("compared  \(count) cells by \(way)") }
        for result in control where result.verdict != .seen { lines += Self.lines(result, color) }
        for cell in cells where cell.verdict != .clean { lines += Self.lines(cell, color) }
        // What was left out everywhere for one reason is one line.
        let kinds = leftOut.reduce(into: [String: [LeftOut]]()) { $0[$1.reason, default: []].append($1) }
        for (reason, cells) in kinds.sorted(by: { $0.key < $1.key }) {
            let labels = Array(Set(cells.map(\.label))).sorted()
            let shown = labels.prefix(16).joined(separator: "; ") + (labels.count > 16 ? "; and \(labels.count - 16) more" : "")
            lines.append("LEFT OUT  \(cells.count) \(cells.count == 1 ? "cell" : "cells"): \(reason): \(shown)")
        }
        lines += reasons.map { "because   \($0)" }
        lines.append(closing(color))
        return lines.joined(separator: "\n") + "\n"
    }

    /// The cells of one kind in one state of the tunnel.
    private struct Group {
        let state: String
        let kind: String
        let cells: [CellResult]

        static func all(of cells: [CellResult]) -> [Group] {
            var order: [[String]] = []
            var groups: [[String]: [CellResult]] = [:]
            for cell in cells {
                let key = [cell.coordinates?.state.rawValue ?? "", cell.coordinates?.kind.rawValue ?? "lookup"]
                if groups[key] == nil { order.append(key) }
                groups[key, default: []].append(cell)
            }
            return order.map { Group(state: $0[0], kind: $0[1], cells: groups[$0] ?? []) }
        }

        /// The worst.
        var verdict: CellResult.Verdict {
            let order: [CellResult.Verdict] = [.leak, .unclear, .silent, .unanswered, .misanswered]
            return order.first { verdict in cells.contains { $0.verdict == verdict } } ?? .clean
        }

        var text: String {
            let clean = cells.count { $0.verdict == .clean }
            let ways = Expectation.allCases.compactMap { expected -> String? in
                let some = cells.filter { $0.expected == expected }
                guard !some.isEmpty else { return nil }
                let packets = some.reduce(into: [String: Int]()) { sum, cell in
                    for (link, count) in cell.packets where link != "lo" { sum[link, default: 0] += count }
                }
                return "\(some.count) \(expected.rawValue) (\(LeakReport.counts(packets)))"
            }
            return LeakReport.pad(state, 14) + LeakReport.pad(kind, 9) + "\(clean) of \(cells.count) cells clean: "
                + ways.joined(separator: ", ")
        }
    }

    static func pad(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(1, width - text.count)) }
}
