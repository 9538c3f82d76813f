// SPDX-License-Identifier: MIT
import Glibc
import RuleFiles
import Rules
import Wire

/// A folder of a test's own, gone with it.
final class Scratch {
    let path: String

    init() {
        var template = Array("/tmp/sluice-rules-XXXXXX".utf8CString)
        path = unsafe mkdtemp(&template).map { unsafe String(cString: $0) } ?? "/nonexistent"
    }

    deinit { remove(path) }

    subscript(_ name: String) -> String { path + "/" + name }

    /// Replaces it as an editor does. Returns its path.
    @discardableResult func write(_ name: String, _ text: String) -> String { write(name, Array(text.utf8)) }

    @discardableResult func write(_ name: String, _ bytes: [UInt8]) -> String {
        if let slash = name.lastIndex(of: "/") { unsafe mkdir(self[String(name[..<slash])], 0o755) }
        let fresh = self[name] + "~"
        let fd = unsafe open(fresh, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(fd, $0.baseAddress, $0.count) }
        close(fd)
        unsafe rename(fresh, self[name])
        return self[name]
    }

    func remove(_ path: String) {
        for inner in HostFile.matching(path + "/*") + HostFile.matching(path + "/.[!.]*") { remove(inner) }
        if unsafe unlink(path) != 0 { unsafe rmdir(path) }
    }

    /// Reads one rule file as the daemon does, with what earlier readings have kept.
    func book(_ name: String = "a.rules", keeps: Bool = true, state: String = "state") throws -> RuleBook {
        unsafe mkdir(self[state], 0o700)
        var reader = RuleBookReader(shelf: ListShelf(state: self[state], isWritable: keeps), suffixes: Self.suffixes)
        try reader.read(self[name])
        let book = reader.book()
        if keeps, book.problems.allSatisfy({ $0.severity == .warning }) { try book.commit() }
        return book
    }

    static let suffixes = PublicSuffixes()
}

extension RuleBook {
    var errors: [String] { problems.filter { $0.severity == .error }.map(\.message) }
    var warnings: [String] { problems.filter { $0.severity == .warning }.map(\.message) }

    /// What decides for a name: action, file's last part and line.
    func decision(_ name: String) -> String? {
        guard let name = Name(name), let ruling = matcher.match(name) else { return nil }
        let rule = matcher.rule(ruling.number)
        return "\(rule.action.rawValue) \(rule.file.split(separator: "/").last ?? ""):\(rule.line)"
    }
}

/// `name0.example` and so on, one a line.
func names(_ count: Int, _ label: String = "name", under top: String = "example") -> String {
    (0..<count).map { "\(label)\($0).\(top)\n" }.joined()
}
