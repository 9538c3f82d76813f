// SPDX-License-Identifier: MIT
import Glibc
import Wire

/// systemd-resolved's listener at 127.0.0.53 and 127.0.0.54, which has to give way where we listen there: by a drop-in of ours, and a restart.
/// Without its stub it keeps stub-resolv.conf as a link to the file with the network's servers, so lookups go on meanwhile.
package struct ResolvedStub: Sendable {
    package let paths: HostPaths
    /// `systemctl`, or what a test has in its place.
    let control: [String]

    package init(paths: HostPaths) { self.init(paths: paths, control: ["/bin/sh", "-c", "exec systemctl \"$@\"", "systemctl"]) }

    init(paths: HostPaths, control: [String]) {
        self.paths = paths
        self.control = control
    }

    package enum Outcome: Hashable, Sendable {
        /// Nothing was to be done.
        case nothing
        case done
        /// The drop-in is as it has to be, but takes effect only when this has been typed: systemd does not run here, or it refused.
        case toType(String)
        /// Its address is still held by another process: what was asked for comes into effect when that has ended.
        case later(PortHolder)
    }

    static let mark = "# Sluice answers at 127.0.0.53; removed by: sluice deactivate"
    private static let text = mark + "\n[Resolve]\nDNSStubListener=no\n"
    static let restart = "systemctl restart systemd-resolved"
    private static let addresses: [IPAddress] = [.v4(0x7F00_0035), .v4(0x7F00_0036)]

    /// Whether what we listen on is the stub's.
    package static func isWanted(by listeners: [ServerAddress]) -> Bool {
        listeners.contains { $0.port == 53 && (addresses.contains($0.address) || $0.address == .v4(0)) }
    }

    /// It runs, or is there and may be started.
    package var isPresent: Bool {
        Disk.exists(paths.resolvedRuns)
            || ["/lib/systemd/systemd-resolved", "/usr/lib/systemd/systemd-resolved"].contains { Disk.exists(paths.root + $0) }
    }

    /// Our drop-in is there.
    package var isReleased: Bool { Disk.text(paths.dropIn)?.hasPrefix(Self.mark) ?? false }

    /// The process that has the stub's address now, if it is systemd-resolved.
    package var holder: PortHolder? { holders.first(where: \.isResolved) }

    private var holders: [PortHolder] { Self.addresses.flatMap { paths.holders(of: $0, port: 53) } }

    /// Asks systemd-resolved to give it up, for good. Where there is none, nothing is written.
    package func release() throws(HostError) -> Outcome {
        guard isPresent || holder != nil else { return .nothing }
        if !isReleased {
            // Somebody else's file of that name is not ours to write over.
            guard !Disk.exists(paths.dropIn) else { throw .call("write \(paths.dropIn), which is not ours", errno: EEXIST) }
            try Disk.makeFolder(paths.dropInFolder)
            try Disk.replace(paths.dropIn, with: Array(Self.text.utf8))
        } else if holder == nil {
            return .nothing
        }
        // One that came after us has no stub, and reads the drop-in when it starts again.
        guard holder != nil else { return .done }
        return restarted { holder == nil }
    }

    /// Gives it back. While another process holds the address the drop-in stays: resolved would find it busy and have no stub until its next restart.
    package func giveBack() throws(HostError) -> Outcome {
        guard isReleased else { return .nothing }
        if let other = holders.first(where: { !$0.isResolved }) { return .later(other) }
        try Disk.remove(paths.dropIn)
        _ = unsafe rmdir(paths.dropInFolder)
        guard Disk.exists(paths.resolvedRuns) else { return .done }
        return restarted { true }
    }

    private func restarted(_ done: () -> Bool) -> Outcome {
        guard Disk.exists(paths.systemdRuns), Program.run(control + ["try-restart", "systemd-resolved.service"], seconds: 20) == 0 else {
            return .toType(Self.restart)
        }
        for _ in 0..<100 {
            if done() { return .done }
            usleep(20_000)
        }
        return .toType(Self.restart)
    }
}

enum Program {
    /// Its exit status; nil when it could not be started, was killed, or did not end in time (and was ended).
    static func run(_ arguments: [String], seconds: Int) -> Int32? {
        guard let path = arguments.first else { return nil }
        let pointers = unsafe arguments.map { unsafe strdup($0) }
        defer { unsafe pointers.forEach { unsafe free($0) } }
        var pid: pid_t = 0
        guard unsafe posix_spawn(&pid, path, nil, nil, pointers + [nil], environ) == 0 else { return nil }
        var status: Int32 = 0
        for _ in 0..<(seconds * 50) {
            if unsafe waitpid(pid, &status, WNOHANG) == pid { return status & 0x7F == 0 ? status >> 8 & 0xFF : nil }
            usleep(20_000)
        }
        kill(pid, SIGKILL)
        unsafe waitpid(pid, &status, 0)
        return nil
    }
}
