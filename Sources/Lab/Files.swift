// SPDX-License-Identifier: MIT
import Glibc

/// Files and folders by path, as far as the lab needs them.
enum Files {
    static func write(_ text: String, to path: String, mode: mode_t = 0o644) throws(LabError) {
        try Descriptor(writing: path, mode: mode).write(text)
    }

    static func read(_ path: String) throws(LabError) -> String {
        try Descriptor(reading: path).readAll()
    }

    /// With the folders above it; no error if it is there.
    static func makeFolder(_ path: String, mode: mode_t = 0o755) throws(LabError) {
        if exists(path) { return }
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex { try makeFolder(String(path[..<slash])) }
        // The umask would take bits of /run/lock away.
        guard unsafe mkdir(path, mode) == 0, unsafe chmod(path, mode) == 0 else { throw .system(path, errno) }
    }

    /// A link that leads nowhere does not exist.
    static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    static func isProgram(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
    }

    static func remove(_ path: String) throws(LabError) {
        guard unsafe unlink(path) == 0 || errno == ENOENT else { throw .system(path, errno) }
    }

    /// The names of the folders in an open folder, in no order.
    static func folders(in folder: borrowing Descriptor) -> [String] {
        // The stream closes its descriptor.
        let own = dup(folder.number)
        guard let stream = unsafe fdopendir(own) else {
            close(own)
            return []
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            guard unsafe entry.pointee.d_type == UInt8(DT_DIR) else { continue }
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// What a symbolic link says; nil if it is none.
    static func target(of link: String) -> String? {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe readlink(link, &bytes, bytes.count)
        return count < 0 ? nil : String(decoding: bytes[..<count].lazy.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The last lines of a log, each with two spaces before it; empty if there is none.
    static func tail(_ path: String, lines: Int = 12) -> String {
        guard let text = try? read(path) else { return "" }
        return text.split(separator: "\n").suffix(lines).map { "\n  \($0)" }.joined()
    }
}
