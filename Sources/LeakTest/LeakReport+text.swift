// SPDX-License-Identifier: MIT

extension LeakReport {
    /// For people: a line for each control and cell, what leaked, the verdict. Colour only repeats what a word says. Ends with a newline.
    package func text(color: Bool) -> String {
        var lines = ["watched   " + interfaces.map(Self.watched).joined(separator: ", ")]
        for result in control { lines += Self.lines(result, color) }
        for cell in cells { lines += Self.lines(cell, color) }
        lines += leftOut.map { "LEFT OUT  \($0.label): \($0.reason)" }
        lines += reasons.map { "because   \($0)" }
        lines.append(closing(color))
        return lines.joined(separator: "\n") + "\n"
    }

    func closing(_ color: Bool) -> String {
        let seconds = "\(milliseconds / 1000).\(milliseconds % 1000 / 100)"
        return "verdict   " + Self.painted(verdict.rawValue, verdict == .clean ? .good : verdict == .leak ? .bad : .doubtful, color)
            + ". Compared where packets left: \(questions) questions in \(cells.count) \(cells.count == 1 ? "cell" : "cells"), "
            + "\(interfaces.count) interfaces, \(seconds) s"
    }

    static func lines(_ result: ControlResult, _ color: Bool) -> [String] {
        let way = result.side == .tunnel ? "in the tunnel" : "outside"
        let line =
            word(result.verdict, color)
            + "control \(result.server) \(way): \(counts(result.packets)); answer \(result.answer)\(place(result.situation))"
        return [line] + lines(result.leaks)
    }

    static func lines(_ cell: CellResult, _ color: Bool) -> [String] {
        let line =
            word(cell.verdict, color)
            + "\(cell.label): expected \(cell.expected.rawValue), seen \(cell.seen.rawValue): \(counts(cell.packets)); "
            + "answers \(answers(cell.answers))\(place(cell.situation))"
        return [line] + lines(cell.leaks)
    }

    private static func place(_ situation: String) -> String { situation.isEmpty ? "" : " [\(situation)]" }

    private enum Tone: String {
        case good = "32"
        case bad = "31"
        case doubtful = "33"
    }

    private static func painted(_ text: String, _ tone: Tone, _ color: Bool) -> String {
        color ? "\u{1B}[\(tone.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// The state as a word ten columns wide.
    private static func column(_ word: String, _ tone: Tone, _ color: Bool) -> String {
        painted(word, tone, color) + String(repeating: " ", count: max(1, 10 - word.count))
    }

    static func word(_ verdict: ControlResult.Verdict, _ color: Bool) -> String {
        switch verdict {
        case .seen: column("SEEN", .good, color)
        case .unseen: column("UNSEEN", .doubtful, color)
        case .leak: column("LEAK", .bad, color)
        }
    }

    static func word(_ verdict: CellResult.Verdict, _ color: Bool) -> String {
        switch verdict {
        case .clean: column("PASS", .good, color)
        case .leak: column("LEAK", .bad, color)
        case .silent: column("SILENT", .doubtful, color)
        case .unanswered: column("NO REPLY", .doubtful, color)
        case .unclear: column("UNCLEAR", .doubtful, color)
        case .misanswered: column("MISTOLD", .doubtful, color)
        }
    }

    static func watched(_ link: Link) -> String {
        switch link.kind {
        case .loopback: "\(link.name) (not judged)"
        case .tunnel: "\(link.name) (tunnel)"
        case .outside: link.name
        case .unknown: "\(link.name) (vanished)"
        }
    }

    /// `eth0 4, lo 8`.
    static func counts(_ packets: [String: Int]) -> String {
        packets.isEmpty ? "no packet" : packets.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }

    /// `4 NXDOMAIN, 1 no answer`.
    private static func answers(_ answers: [CellResult.Answer]) -> String {
        let kinds = answers.reduce(into: [String: Int]()) { $0[$1.rcode ?? $1.failure ?? "", default: 0] += 1 }
        return kinds.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    }

    /// The first of them, those that went out before those that came in; the JSON has all.
    private static func lines(_ leaks: [Leak]) -> [String] {
        let shown = (leaks.filter { $0.direction == .out } + leaks.filter { $0.direction == .in }).prefix(4)
        return shown.map(line) + (leaks.count > 4 ? ["leaked    and \(leaks.count - 4) more like these"] : [])
    }

    /// `leaked    eth0 out: udp to 198.51.100.53 port 53, k3v….corp.example A, 2 packets`, below its cell.
    private static func line(_ leak: Leak) -> String {
        let far = leak.direction == .out ? "to \(leak.destination ?? "an unknown address")" : "from \(leak.source ?? "an unknown address")"
        let port = leak.port.map { " port \($0)" } ?? ""
        let packets = leak.packets == 1 ? "1 packet" : "\(leak.packets) packets"
        return
            "leaked    \(leak.interface) \(leak.direction.rawValue): \(leak.protocol ?? "not IP") \(far)\(port), \(leak.name) \(leak.type), \(packets)"
    }
}
