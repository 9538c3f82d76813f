// SPDX-License-Identifier: MIT
import Daemon
import FoundationEssentials
import Glibc
import LeakTest

/// The lab's host as a full leak test needs it: a daemon of the test's own, its configuration, and the states of its tunnel.
final class LabStage {
    static let folder = "/run/sluice-leaktest"
    static let configuration = folder + "/sluice.toml"
    static let log = folder + "/daemon.log"
    static let device = "wg1"
    /// How long our daemon stays in `disconnecting`: time enough for every variant.
    private static let slowDown = 20_000

    let executable = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "sluice"
    private var daemon: LabChild?
    /// `sluice up` and `sluice down`, which wait for what they bring about.
    private var arriving: LabChild?
    private var leaving: LabChild?
    /// The lab's own daemon was there, and is started again at the end.
    private var hadDaemon = false

    /// Stops the lab's daemon and starts ours.
    init(_ variant: LabVariant) throws {
        for part in ["", "/run", "/state"] { _ = unsafe mkdir(Self.folder + part, 0o755) }
        try write(LabVariant.rules, to: "leaktest.rules")
        try write(variant.configuration(in: Self.folder), to: "sluice.toml")
        let status = try? ControlClient(folder: "/run/sluice").ask(ControlRequest(.status)).status
        if let status {
            hadDaemon = true
            kill(status.pid, SIGTERM)
            try wait(10, "the lab's daemon does not stop") { kill(status.pid, 0) != 0 }
        }
        unsafe setenv("SLUICE_LAB_SLOW_DOWN", "\(Self.slowDown)", 1)
        try startDaemon()
    }

    /// Ends ours, and gives the lab what it had.
    func close() {
        try? setRelay(silent: false)
        leaving?.kill()
        arriving?.kill()
        if let daemon {
            kill(daemon.id, SIGTERM)
            if daemon.wait(milliseconds: 5000) == nil { daemon.kill() }
        }
        unsafe unsetenv("SLUICE_LAB_SLOW_DOWN")
        if hadDaemon, let again = try? LabChild([executable, "run"], output: "/run/lab/sluice.log") {
            try? wait(5, "") { (try? ControlClient(folder: "/run/sluice").ask(ControlRequest(.status)).status?.state) == "connected" }
            _ = again
        }
    }

    func startDaemon() throws {
        daemon = try LabChild([executable, "run", "--config", Self.configuration], output: Self.log)
        try wait(5, "our daemon does not start") { self.state != nil }
    }

    /// As a crash does.
    func killDaemon() {
        // It alone: a userspace WireGuard that it started is in its group.
        if let daemon {
            kill(daemon.id, SIGKILL)
            _ = daemon.wait(milliseconds: 5000)
        }
        daemon = nil
    }

    var status: StatusReport? { try? ControlClient(folder: Self.folder + "/run").ask(ControlRequest(.status)).status }
    var state: Matrix.State? { status.flatMap { Matrix.State(rawValue: $0.state) } }

    /// Makes this configuration the one in force.
    func reload(_ variant: LabVariant) throws {
        try write(variant.configuration(in: Self.folder), to: "sluice.toml")
        guard try LabChild.run(verb("reload"), output: Self.log) == 0 else { throw LabChild.Failure(description: "reload fails") }
    }

    func verb(_ words: String...) -> [String] { [executable] + words + ["--config", Self.configuration] }

    /// Looks a name up, so that its addresses are owed to its rule.
    func learn(_ name: String, _ type: QueryType) {
        _ = try? ControlClient(folder: Self.folder + "/run").ask(ControlRequest(.query, name: name, type: type.rawValue))
    }

    func write(_ text: String, to file: String) throws { try Data(text.utf8).write(to: URL(filePath: "\(Self.folder)/\(file)")) }

    func wait(_ seconds: Int, _ failure: String, until done: () -> Bool) throws {
        let end = ContinuousClock.now + .seconds(seconds)
        while !done() {
            if ContinuousClock.now > end { throw LabChild.Failure(description: failure) }
            usleep(20_000)
        }
    }
}

extension LabStage {
    /// Brings this state about, whatever the present one is.
    func enter(_ wanted: Matrix.State) throws {
        guard let now = state else { throw LabChild.Failure(description: "our daemon does not answer") }
        if now == wanted { return }
        switch wanted {
        case .connected:
            try setRelay(silent: false)
            if now == .disconnecting { try enter(.disconnected) }
            if now == .disconnected || now == .disconnecting { try up() }
            // A device that was silent for long waits up to five seconds for its next handshake; a new one does not.
            do { try wait(1, "") { self.state == .connected } } catch { removeDevice() }
        case .disconnecting:
            if now != .connected { try enter(.connected) }
            leaving = try LabChild(verb("down"), output: Self.log)
        case .disconnected:
            if leaving == nil || now != .disconnecting { leaving = try LabChild(verb("down"), output: Self.log) }
        case .connecting:
            try setRelay(silent: true)
            if now == .disconnecting { try enter(.disconnected) }
            if now == .disconnected || now == .disconnecting { try up() } else { removeDevice() }
        case .error:
            if now != .connecting { try enter(.connecting) }
        }
        try wait(Self.slowDown / 1000 + 5, "the tunnel does not become \(wanted.rawValue): it is \(state?.rawValue ?? "silent")") {
            self.state == wanted
        }
        if wanted == .disconnected {
            _ = leaving?.wait(milliseconds: 2000)
            leaving = nil
        }
    }

    /// `sluice up` stays until the tunnel is connected, which need not be wanted.
    private func up() throws {
        arriving?.kill()
        arriving = try LabChild(verb("up"), output: Self.log)
    }

    func removeDevice() { _ = try? LabChild.run(["ip", "link", "delete", Self.device]) }

    /// Whether the relay's WireGuard hears and answers nothing.
    func setRelay(silent: Bool) throws {
        let table = "inet sluice_leaktest"
        let nft = ["ip", "netns", "exec", "relay1", "nft"]
        try LabChild.run(nft + ["add table \(table); delete table \(table)"])
        guard silent else { return }
        let rules =
            "add table \(table); add chain \(table) input { type filter hook input priority -300; }; "
            + "add rule \(table) input udp dport 51820 drop; "
            + "add chain \(table) output { type filter hook output priority -300; }; add rule \(table) output udp sport 51820 drop"
        guard try LabChild.run(nft + [rules]) == 0 else { throw LabChild.Failure(description: "the relay cannot be silenced") }
    }
}
