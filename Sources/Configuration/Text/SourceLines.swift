// SPDX-License-Identifier: MIT

/// The lines of a file, to be shown below a problem.
struct SourceLines {
    struct Excerpt {
        let line: String
        /// Columns of a terminal before the mark; nil when the line as a whole is meant.
        let indent: Int?
    }

    /// Characters shown of a long line.
    private static let width = 110

    private let lines: [ArraySlice<Unicode.Scalar>]
    private let isWireGuard: Bool

    init(_ bytes: [UInt8], file: String) {
        var findings = Findings(file: file)
        lines = SourceText(bytes, findings: &findings).scalars.split(separator: "\n", omittingEmptySubsequences: false)
        isWireGuard = file.hasSuffix(".conf") || lines.contains { Secrecy.isWireGuardSection($0) }
    }

    /// Nil when there is no such line, or when it is not to be shown.
    func excerpt(of line: Int, column: Int) -> Excerpt? {
        guard line >= 1, line <= lines.count else { return nil }
        let text = lines[line - 1]
        guard !text.allSatisfy({ $0 == " " || $0 == "\t" }) else { return nil }
        guard !Secrecy.hides(text, inWireGuardFile: isWireGuard) else { return nil }
        guard column >= 1 else { return Excerpt(line: shown(text.prefix(Self.width)) + more(text.count > Self.width), indent: nil) }
        // A window of the line with the column in it.
        let offset = min(column - 1, text.count)
        let first = text.count > Self.width ? max(0, offset - Self.width / 2) : 0
        let window = text.dropFirst(first).prefix(Self.width)
        let lead = more(first > 0)
        return Excerpt(
            line: lead + shown(window) + more(first + window.count < text.count),
            indent: lead.count + text.dropFirst(first).prefix(offset - first).reduce(0) { $0 + $1.columns })
    }

    private func shown(_ scalars: ArraySlice<Unicode.Scalar>) -> String { scalars.map(\.shown).joined() }
    private func more(_ isMore: Bool) -> String { isMore ? "..." : "" }
}

/// Which lines hold, or may hold, a key of WireGuard.
private enum Secrecy {
    private static let open = [
        "listenport", "address", "dns", "mtu", "table", "fwmark", "saveconfig", "allowedips", "endpoint", "persistentkeepalive",
        "[interface]",
        "[peer]",
    ]

    static func isWireGuardSection(_ line: ArraySlice<Unicode.Scalar>) -> Bool {
        ["[interface]", "[peer]"].contains(folded(line.prefix(64)))
    }

    /// In a WireGuard file all is hidden but lines known to be harmless; elsewhere what names a secret key.
    static func hides(_ line: ArraySlice<Unicode.Scalar>, inWireGuardFile: Bool) -> Bool {
        let text = folded(line)
        if text.contains("privatekey") || text.contains("presharedkey") { return true }
        guard inWireGuardFile else { return false }
        return hasKeyLength(line) || !open.contains(String(text.prefix { $0 != "=" && $0 != "#" }))
    }

    private static func hasKeyLength(_ line: ArraySlice<Unicode.Scalar>) -> Bool {
        line.split { !$0.isBareKey && $0 != "+" && $0 != "/" }.contains { $0.count >= 40 }
    }

    /// Lower case, without space.
    private static func folded(_ line: ArraySlice<Unicode.Scalar>) -> String {
        String(String.UnicodeScalarView(line.filter { $0 != " " && $0 != "\t" })).lowercased()
    }
}
