// SPDX-License-Identifier: MIT
import Glibc

/// Files of the machine, read whole.
package enum HostFile {
    package enum Failure: Error, Hashable, Sendable {
        case missing
        case notPermitted
        case unreadable(String)
    }

    package static func read(_ path: String) throws(Failure) -> [UInt8] { try FileBytes(path).array }

    /// Files that fit a pattern of the shell, sorted by name; empty when none does.
    package static func matching(_ pattern: String) -> [String] {
        var result = unsafe glob_t()
        defer { unsafe globfree(&result) }
        guard unsafe glob(pattern, 0, nil, &result) == 0 else { return [] }
        return (0..<Int(unsafe result.gl_pathc)).compactMap { index in
            unsafe result.gl_pathv[index].map { unsafe String(cString: $0) }
        }
    }

    /// The names of the plain files in a folder, sorted; empty when it cannot be read.
    static func names(in folder: String) -> [String] {
        guard let stream = unsafe opendir(folder.isEmpty ? "." : folder) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let length = unsafe strlen(&entry.pointee.d_name.0)
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe String(decoding: $0.prefix(length), as: UTF8.self) }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }
}
