// SPDX-License-Identifier: MIT
import Glibc

/// Environment variables as the list that a program is started with.
enum Environment {
    static var current: [String] {
        var list: [String] = []
        var entry = unsafe environ
        while let text = unsafe entry.pointee {
            unsafe list.append(String(cString: text))
            unsafe entry += 1
        }
        return list
    }

    static func value(_ name: String) -> String? {
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }

    /// Nil where it is not there any more.
    static var workingFolder: String? { Files.target(of: "/proc/self/cwd") }

    /// The list with one variable set anew.
    static func setting(_ name: String, to value: String, in list: [String]) -> [String] {
        list.filter { !$0.hasPrefix(name + "=") } + ["\(name)=\(value)"]
    }

    /// The file that a command's first word means: itself with a slash, else the first in PATH and where Debian keeps the tools of root.
    static func program(_ word: String, path: String) -> String? {
        if word.contains("/") { return word }
        return (path.split(separator: ":").map(String.init) + ["/usr/sbin", "/sbin"])
            .map { "\($0)/\(word)" }
            .first(where: Files.isProgram)
    }
}
