// SPDX-License-Identifier: MIT
import ArgumentParser
import Configuration
import Daemon
import Doctor
import Glibc
import Policy
import Rules
import Wire

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "What of this machine helps or hinders Sluice, what it means, and what to type next.",
        discussion:
            "Changes nothing, sends nothing off the machine, needs neither a daemon nor root (root sees more). Ends with 2 if there is a problem."
    )

    @OptionGroup var source: ConfigurationOption
    @OptionGroup var output: JSONFlag

    func run() throws {
        let report = DoctorReport(MachineReader.read(DaemonSeen(named: source.config)).findings)
        if output.json {
            try Console.show(json: report)
        } else {
            print(report.text(color: Console.allowsColor(on: STDOUT_FILENO)), terminator: "")
        }
        if report.exitCode != 0 { throw ExitCode(report.exitCode) }
    }
}

extension DaemonSeen {
    /// Milliseconds for the daemon to answer, and for the configuration to be read.
    private static let limit: Int64 = 1000

    /// Asks the daemon, and reads the configuration it runs by, or the named or usual one.
    fileprivate init(named config: String?) {
        let path = config ?? Loaded.usualPath
        let deadline = Clock.now + Self.limit
        let isThere = unsafe access(path, F_OK) == 0
        let loading = Later { Loaded(path: path, mayBeMissing: config == nil) }
        guard let loaded = loading.value(until: deadline) else {
            self.init(.silent("its configuration was not read within a second"), configuration: path)
            return
        }
        let run = loaded.configuration.paths.run
        let asking = Later { () -> Result<StatusReport?, DaemonError> in
            do throws(DaemonError) {
                return .success(try ControlClient(folder: run).ask(ControlRequest(.status)).status)
            } catch {
                return .failure(error)
            }
        }
        var status: StatusReport?
        switch asking.value(until: Clock.now + Self.limit) {
        case nil: self.init(.silent("no reply within a second"), configuration: path)
        case .success(nil): self.init(.silent("its reply cannot be read"), configuration: path)
        case .success(let report?):
            status = report
            self.init(.running, configuration: path)
        case .failure(.noDaemon): self.init(.absent, configuration: path)
        case .failure(.notPermitted): self.init(.notPermitted, configuration: path)
        case .failure(.failed(let why, _)): self.init(.silent(why), configuration: path)
        case .failure(.invalid): self.init(.silent("its configuration is invalid"), configuration: path)
        }
        // The problems told are those of the file that the daemon runs by.
        let isOther = config == nil && status != nil && status?.configuration != path
        let used =
            isOther
            ? Later { [name = status?.configuration ?? path] in Loaded(path: name) }.value(until: Clock.now + Self.limit) ?? loaded : loaded
        if isOther, let other = status?.configuration { configuration = other }
        configurationIsThere = isOther || isThere
        add(used)
        if let status { add(status) }
    }

    private mutating func add(_ loaded: Loaded) {
        let settings = loaded.configuration
        listeners = settings.dns.listen.map { ServerAddress($0.address, port: $0.port) }
        defaultIsTunnel = settings.routing.default == .tunnel
        letsForeignLookupsGo = settings.dns.foreign == .allow
        tunnels = settings.tunnel.map { Tunnel(name: $0.name, interface: $0.device ?? $0.name, state: "", isInUse: false) }
        // Only root reads wg-quick files: that is as it should be, and no error of theirs.
        let isUnread = { (problem: Problem) in problem.severity == .error && problem.hint == "use sudo" }
        unreadable = loaded.problems.filter(isUnread).map(\.file)
        let others = loaded.problems.filter { !isUnread($0) }
        let line = { (problem: Problem) in
            (problem.line > 0 ? "\(problem.file):\(problem.line): " : problem.file == self.configuration ? "" : "\(problem.file): ")
                + problem.message
        }
        errors = others.filter { $0.severity == .error }.map(line)
        warnings = others.filter { $0.severity == .warning }.map(line)
    }

    private mutating func add(_ status: StatusReport) {
        hasSystemServer = status.paths.first { $0.path == Path.outside.rawValue }?.servers.isEmpty == false
        pid = status.pid
        // A newer daemon may have a word of its own: what is not known to be connected is not.
        state = TunnelState(rawValue: status.state) ?? .error
        repairs = status.repairs
        listeners = status.listeners.compactMap { ServerAddress($0) }
        tunnels = status.tunnels.map { Tunnel(name: $0.name, interface: $0.interface, state: $0.state, isInUse: $0.inUse) }
    }
}
