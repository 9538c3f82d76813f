// SPDX-License-Identifier: MIT
import Glibc

/// This machine as the tests need it: programs, and what they may leave behind.
enum Machine {
    static let root = String(#filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/"))
    static let binary = root + "/.build/release/sluice"
    static let probe = root + "/.build/release/sluice-probe"

    static let bench = root + "/.build/release/sluice-bench"
    static var canCount: Bool { unsafe access("/usr/bin/valgrind", X_OK) == 0 && access(bench, X_OK) == 0 }

    static var whyNot: String {
        if geteuid() != 0 { return "lab tests need root: sudo make test" }
        if unsafe access(binary, X_OK) != 0 { return "lab tests need \(binary): make build" }
        if unsafe access("/dev/net/tun", R_OK) != 0, unsafe access("/sys/module/wireguard", F_OK) != 0 {
            return "neither kernel WireGuard nor /dev/net/tun"
        }
        return ""
    }

    static var canRunLab: Bool { whyNot.isEmpty }

    struct Running {
        let pid: pid_t
        fileprivate let output: Int32
    }

    struct Failure: Error {
        let text: String
    }

    /// Starts a program, its output and errors together in a pipe.
    static func start(_ arguments: [String]) throws -> Running {
        var ends: [Int32] = [0, 0]
        guard unsafe pipe(&ends) == 0 else { throw Failure(text: "pipe") }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
        unsafe posix_spawn_file_actions_addclose(&actions, ends[0])
        unsafe setenv("SLUICE_PROBE", probe, 1)
        let pointers = unsafe arguments.map { unsafe strdup($0) }
        defer { unsafe pointers.forEach { unsafe free($0) } }
        var pid: pid_t = 0
        let status = unsafe posix_spawn(&pid, arguments[0], &actions, nil, pointers + [nil], environ)
        close(ends[1])
        guard status == 0 else { throw Failure(text: "cannot start \(arguments[0])") }
        return Running(pid: pid, output: ends[0])
    }

    static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let running = try start(arguments)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe read(running.output, &buffer, buffer.count)
            if count <= 0 { break }
            bytes += buffer[..<count]
        }
        return (wait(running), String(decoding: bytes, as: UTF8.self))
    }

    static func waitForLine(_ running: Running) throws {
        var byte: UInt8 = 0
        while unsafe read(running.output, &byte, 1) == 1 { if byte == UInt8(ascii: "\n") { return } }
        throw Failure(text: "ended without a line")
    }

    /// The exit status; 128 and the signal's number for one that was killed.
    static func wait(_ running: Running) -> Int32 {
        var status: Int32 = 0
        unsafe waitpid(running.pid, &status, 0)
        close(running.output)
        return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    }

    static func contents(of file: String) throws -> [UInt8] {
        let fd = unsafe open(root + "/" + file, O_RDONLY)
        guard fd >= 0 else { throw Failure(text: "no \(file)") }
        defer { close(fd) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = unsafe read(fd, &buffer, buffer.count), count > 0 { bytes += buffer[..<count] }
        return bytes
    }

    static func files(in folder: String) -> [String] { entries(of: root + "/" + folder) }

    /// Where it has cgroup2, if folders can be made there.
    static let hierarchy: String? = {
        let found = try? run(["/bin/sh", "-c", "awk '/ - cgroup2 /{m=$5} END{print m}' /proc/self/mountinfo"]).output
        guard let path = found?.split(separator: "\n").first.map(String.init), unsafe access(path, W_OK) == 0 else { return nil }
        let folder = path + "/sluice-test-\(getpid())"
        return unsafe mkdir(folder, 0o755) == 0 && rmdir(folder) == 0 ? path : nil
    }()

    /// Control groups of sluice, or of the lab that this process holds, with all that are in them.
    static func controlGroups(of lab: pid_t? = nil) throws -> [String] {
        let pattern = lab.map { "-path '*/sluice-lab-\($0)' -o -path '*/sluice-lab-\($0)/*'" } ?? "-path '*/sluice*'"
        let command = "find /sys/fs/cgroup -type d \\( \(pattern) \\) 2>/dev/null"
        return try run(["/bin/sh", "-c", command]).output.split(separator: "\n").map(String.init).sorted()
    }

    /// What a lab could leave: namespaces, links, mounts, rules of firewall and routing, processes in mount namespaces of their own, files.
    static func traces() throws -> [String] {
        var traces: [String] = []
        for command in ["ip netns list", "ip -br link", "ip rule", "ip -6 rule", "nft list tables", "cat /proc/mounts"] {
            traces.append(command + ": " + (try run(["/bin/sh", "-c", command])).output)
        }
        let own = try run(["/bin/sh", "-c", "readlink /proc/self/ns/mnt"]).output
        let others = try run(["/bin/sh", "-c", "for p in /proc/[0-9]*; do readlink $p/ns/mnt; done"]).output
        traces.append(
            "mount namespaces: " + Set(others.split(separator: "\n").filter { !own.hasPrefix($0) }).sorted().joined(separator: " "))
        for folder in ["/run", "/etc", "/var/lib", "/etc/wireguard", "/run/netns"] {
            traces.append(folder + ": " + entries(of: folder).joined(separator: " "))
        }
        traces.append("control groups: " + (try controlGroups()).joined(separator: " "))
        return traces
    }

    private static func entries(of folder: String) -> [String] {
        guard let stream = unsafe opendir(folder) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
