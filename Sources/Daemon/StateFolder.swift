// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import RuleFiles
import Tunnels
import Wire

/// What lasts from one run to the next, under `[paths] state`.
struct StateFolder: Sendable {
    let path: String

    /// Makes the folder, readable by root alone.
    init(_ path: String) throws(DaemonError) {
        self.path = path
        var made = ""
        for part in path.split(separator: "/") {
            made += "/" + part
            if unsafe mkdir(made, made == path ? 0o700 : 0o755) != 0, errno != EEXIST { throw .system("make \(made)", errno) }
        }
    }

    /// The last word of `up` and `down`. What cannot be read means up: the side that lets nothing out.
    var wish: Wish {
        guard let bytes = try? HostFile.read(path + "/wish") else { return .up }
        return Wish(rawValue: String(decoding: bytes, as: UTF8.self).trimmed) ?? .up
    }

    func keep(_ wish: Wish) throws(DaemonError) { try write(wish.rawValue + "\n", to: "wish") }

    /// The ruleset for the time before the daemon starts at boot, as `nft -f` reads it.
    func keep(blocking ruleset: String) throws(DaemonError) { try write(ruleset, to: "block.nft") }

    /// What was owed in the last run, as bytes; nil where there was none.
    var leases: [UInt8]? { try? HostFile.read(path + "/leases") }

    func keep(leases image: [UInt8]) throws(DaemonError) { try write(image, to: "leases") }

    /// The answers of the last run, as bytes; nil where none were kept.
    var cache: [UInt8]? { try? HostFile.read(path + "/cache") }

    func keep(cache image: [UInt8]) throws(DaemonError) { try write(image, to: "cache") }

    /// What endpoints' names were last found to be; a line each, `NAME ADDRESS`. What cannot be read is left out.
    var endpoints: [Name: IPAddress] {
        let lines = ((try? HostFile.read(path + "/endpoints")) ?? []).split(separator: UInt8(ascii: "\n"))
        let pairs = lines.compactMap { line -> (Name, IPAddress)? in
            let words = line.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
            guard words.count == 2, let name = Name(words[0]), let address = IPAddress(words[1]) else { return nil }
            return (name, address)
        }
        return Dictionary(pairs) { first, _ in first }
    }

    func keep(endpoints: [Name: IPAddress]) throws(DaemonError) {
        try write(endpoints.map { "\($0.key) \($0.value)\n" }.sorted().joined(), to: "endpoints")
    }

    func forgetCache() { unsafe unlink(path + "/cache") }

    /// What src_valid_mark was before us, remembered over a death: nil when no run of ours has left it on.
    var formerSourceMark: Bool? {
        guard let bytes = try? HostFile.read(path + "/src_valid_mark") else { return nil }
        return bytes.first == UInt8(ascii: "1")
    }

    func keep(formerSourceMark: Bool) throws(DaemonError) { try write(formerSourceMark ? "1\n" : "0\n", to: "src_valid_mark") }

    func forgetSourceMark() { unsafe unlink(path + "/src_valid_mark") }

    /// The whole file or the one before it, also when we are killed on the way.
    private func write(_ text: String, to name: String) throws(DaemonError) { try write(Array(text.utf8), to: name) }

    private func write(_ content: [UInt8], to name: String) throws(DaemonError) {
        let final = path + "/" + name
        let fresh = final + ".new"
        let fd = unsafe open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard fd >= 0 else {
            throw .failed(
                "\(fresh) cannot be written: \(unsafe String(cString: strerror(errno)))", hint: "[paths] state names another folder")
        }
        defer { close(fd) }
        var bytes = content[...]
        while !bytes.isEmpty {
            let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(fd, $0.baseAddress, $0.count) }
            guard count > 0 else { throw .system("write \(fresh)", errno) }
            bytes = bytes.dropFirst(count)
        }
        guard fsync(fd) == 0, unsafe rename(fresh, final) == 0 else { throw .system("write \(final)", errno) }
    }
}

extension String {
    fileprivate var trimmed: String { String(drop { $0.isWhitespace }.prefix { !$0.isWhitespace }) }
}
