// SPDX-License-Identifier: MIT
import Glibc

/// Where files really are.
enum RealPath {
    /// `path` from the root; links in it stay.
    static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let folder = unsafe getcwd(nil, 0) else { return path }
        defer { unsafe free(folder) }
        let plain = path.hasPrefix("./") ? String(path.dropFirst(2)) : path
        return unsafe String(cString: folder) + "/" + plain
    }

    /// Whether both lead to one file; false where one of them is not there.
    static func areSame(_ left: String, _ right: String) -> Bool { resolved(left).map { $0 == resolved(right) } ?? false }

    private static func resolved(_ path: String) -> String? {
        guard let resolved = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }
}
