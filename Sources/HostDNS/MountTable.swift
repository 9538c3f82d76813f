// SPDX-License-Identifier: MIT

/// What /proc/self/mountinfo says of one place (proc_pid_mountinfo(5)).
enum MountTable {
    struct Mount: Hashable, Sendable {
        let isReadOnly: Bool
    }

    /// The mount on exactly this path that is seen: the last one. Nil when nothing is mounted there.
    static func mount(on path: String, in text: String) -> Mount? {
        var found: Mount?
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count >= 6, unescaped(fields[4]) == path else { continue }
            // The mount's own options, and behind " - TYPE SOURCE" those of its file system: either can be read-only.
            let tail = fields.firstIndex(of: "-").map { fields[$0...].dropFirst(3) } ?? []
            found = Mount(isReadOnly: ([fields[5]] + tail).contains { $0.split(separator: ",").contains("ro") })
        }
        return found
    }

    /// Blank, tab, newline and backslash stand as \ and three octal digits.
    private static func unescaped(_ field: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(field.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3, let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 8) {
                bytes.append(value)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
