// SPDX-License-Identifier: MIT

extension LeakReport {
    /// One report of several runs, each of which knew its situation. A leak in one of them is a leak; one that proves nothing keeps all from
    /// being clean.
    /// - Parameters:
    ///   - failures: situations that could not be brought about, as reasons against `clean`.
    ///   - leftOut: cells that nobody tried, besides those of the runs.
    package static func merged(_ reports: [LeakReport], failures: [String], leftOut: [LeftOut], milliseconds: Int) -> LeakReport {
        let reasons = reports.flatMap { report in
            let situation = report.cells.first?.situation ?? report.control.first?.situation ?? ""
            return report.reasons.map { situation.isEmpty ? $0 : "\(situation): \($0)" }
        }
        let none = reports.isEmpty ? ["no situation could be tried"] : []
        let links = reports.flatMap(\.interfaces).reduce(into: [String: Link]()) { $0[$1.name] = $0[$1.name] ?? $1 }
        let all = reasons + failures + none
        return LeakReport(
            verdict: reports.contains { $0.verdict == .leak } ? .leak : all.isEmpty ? .clean : .inconclusive, reasons: all,
            cells: reports.flatMap(\.cells), control: reports.flatMap(\.control), leftOut: reports.flatMap(\.leftOut) + leftOut,
            interfaces: links.values.sorted { $0.name < $1.name }, lost: reports.reduce(0) { $0 + $1.lost },
            questions: reports.reduce(0) { $0 + $1.questions }, milliseconds: milliseconds)
    }
}
