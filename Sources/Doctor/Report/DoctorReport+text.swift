// SPDX-License-Identifier: MIT

extension DoctorReport {
    /// Columns of a line, commands excepted: those are to be copied whole.
    private static let width = 80
    /// Where the text begins: `PROBLEM  name-services  `.
    private static let indent = 24

    /// For people: problems, notes, what is fine, and a sum. Colour only repeats what a word says. Ends with a newline.
    package func text(color: Bool) -> String {
        var lines: [String] = []
        for finding in findings {
            let head = Self.word(finding.severity, color) + Self.pad(finding.check.rawValue, Self.indent - 9)
            let wrapped = Self.wrap(finding.text)
            lines.append(head + (wrapped.first ?? ""))
            lines += wrapped.dropFirst().map(Self.indented)
            guard finding.severity != .ok else { continue }
            lines += Self.wrap(finding.meaning).map(Self.indented)
            if let next = finding.next { lines.append(Self.indented("→ " + next)) }
        }
        let problems = count(.problem)
        let notes = count(.note)
        lines.append("")
        lines.append(
            (problems == 0 ? "no problem" : problems == 1 ? "1 problem" : "\(problems) problems") + ", "
                + (notes == 1 ? "1 note" : "\(notes) notes") + ", \(count(.ok)) ok")
        return lines.joined(separator: "\n") + "\n"
    }

    private static func indented(_ line: String) -> String { String(repeating: " ", count: indent) + line }

    private static func pad(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(1, width - text.count)) }

    /// The severity as a word nine columns wide.
    private static func word(_ severity: Finding.Severity, _ color: Bool) -> String {
        let (word, paint) =
            switch severity {
            case .problem: ("PROBLEM", "31")
            case .note: ("note", "33")
            case .ok: ("ok", "32")
            }
        return (color ? "\u{1B}[\(paint)m\(word)\u{1B}[0m" : word) + String(repeating: " ", count: 9 - word.count)
    }

    /// Breaks between words; a word that is longer than a line stays whole.
    private static func wrap(_ text: String) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if line.isEmpty {
                line = String(word)
            } else if line.count + 1 + word.count <= width - indent {
                line += " " + word
            } else {
                lines.append(line)
                line = String(word)
            }
        }
        return line.isEmpty ? lines : lines + [line]
    }
}
