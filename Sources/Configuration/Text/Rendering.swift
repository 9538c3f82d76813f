// SPDX-License-Identifier: MIT
import Rules

/// Problems as a person reads them: place and message, the line, a mark under the column, the hint; by file and line, a count at the end.
///
/// `source` gives a file's bytes, nil if they are not at hand. Control characters are shown escaped, whoever wrote them; keys of WireGuard are not shown.
package func render(_ problems: [Problem], color: Bool, source: (String) -> [UInt8]?) -> String {
    var excerpts: [String: SourceLines] = [:]
    var text = ""
    let sorted = problems.enumerated().sorted { left, right in
        (left.element.file, left.element.line, left.element.column, left.offset)
            < (right.element.file, right.element.line, right.element.column, right.offset)
    }
    for (_, problem) in sorted {
        let lines = excerpts[problem.file] ?? SourceLines(source(problem.file) ?? [], file: problem.file)
        excerpts[problem.file] = lines
        text += Ink(color: color).paragraph(problem, excerpt: lines.excerpt(of: problem.line, column: problem.column))
    }
    return text + count(problems) + "\n"
}

/// `1 rule`, `2 rules`.
package func counted(_ count: Int, _ word: String) -> String { "\(count) \(word)\(count == 1 ? "" : "s")" }

private func count(_ problems: [Problem]) -> String {
    let errors = problems.count { $0.severity == .error }
    let warnings = problems.count - errors
    return switch (errors, warnings) {
    case (0, 0): "no problem"
    case (_, 0): counted(errors, "error")
    case (0, _): counted(warnings, "warning")
    case (_, _): counted(errors, "error") + ", " + counted(warnings, "warning")
    }
}

/// Colours of a terminal (ECMA-48 section 8.3.117), or none.
private struct Ink {
    let color: Bool

    func paragraph(_ problem: Problem, excerpt: SourceLines.Excerpt?) -> String {
        var place = escaped(problem.file)
        if problem.line > 0 { place += ":\(problem.line)" }
        if problem.line > 0, problem.column > 0 { place += ":\(problem.column)" }
        let tint =
            switch problem.severity {
            case .error: "31"
            case .warning: "33"
            }
        var text = paint(place, "1") + ": " + paint(problem.severity.rawValue, "1;" + tint) + ": " + escaped(problem.message) + "\n"
        if let excerpt {
            text += "    \(excerpt.line)\n"
            if let indent = excerpt.indent { text += "    " + String(repeating: " ", count: indent) + paint("^", "1;" + tint) + "\n" }
        }
        if let hint = problem.hint { text += "    " + paint("hint:", "36") + " " + escaped(hint) + "\n" }
        return text
    }

    private func paint(_ text: String, _ code: String) -> String { color ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }
}

/// `text` with nothing in it that moves a terminal's cursor or turns the direction of writing.
package func escaped(_ text: String) -> String { text.unicodeScalars.map(\.shown).joined() }
