// SPDX-License-Identifier: MIT
import Configuration
import HostDNS
import Kernel
import Policy
import Rules
import Wire

/// A configuration with everything it names, read from disk: rules, wg-quick files, and all that is wrong with any of them.
package struct Loaded: Sendable {
    package let configuration: Configuration
    package let matcher: Matcher
    /// By the path of `config =`.
    package let tunnelFiles: [String: WireGuardFile]
    package let ruleFiles: [String]
    package let problems: [Problem]

    package static let usualPath = "/etc/sluice/sluice.toml"

    package var errors: [Problem] { problems.filter { $0.severity == .error } }

    /// Whether a file is a tunnel's and there, but not for us to read.
    package func isSecret(_ file: String) -> Bool {
        let isTunnels = configuration.tunnel.contains { if case .config(file) = $0.source { true } else { false } }
        guard isTunnels else { return false }
        do throws(HostFile.Failure) {
            _ = try HostFile.read(file)
            return false
        } catch {
            if case .notPermitted = error { return true }
            return false
        }
    }

    /// Reads it all; never fails, since what is wrong is part of the result.
    /// - Parameter mayBeMissing: without the file every key has its default.
    package init(path: String, mayBeMissing: Bool = false) {
        var problems: [Problem] = []
        let bytes: [UInt8]
        do {
            bytes = try HostFile.read(path)
        } catch .missing where mayBeMissing {
            bytes = []
        } catch {
            problems.append(Self.unreadable(path, error, hint: "name another one, or begin with an empty file: every key has a default"))
            self.init(Configuration(), Matcher.empty, [:], [], problems)
            return
        }
        let (configuration, found) = Configuration.read(bytes, file: path)
        problems += found

        let folder = Folder(of: path)
        var tunnelFiles: [String: WireGuardFile] = [:]
        for tunnel in configuration.tunnel {
            guard case .config(let file) = tunnel.source, !file.isEmpty else { continue }
            do {
                let (read, found) = WireGuardFile.read(try HostFile.read(folder.path(of: file)), file: file)
                tunnelFiles[file] = read
                problems += found
            } catch {
                problems.append(Self.unreadable(file, error, hint: "\(path) names it for the tunnel '\(tunnel.name)'"))
            }
        }
        problems += configuration.problems(withTunnelFiles: tunnelFiles) + Self.loops(of: configuration)

        var rules: [Rule] = []
        var files: [String] = []
        for pattern in configuration.rules.files {
            let isPattern = pattern.contains { "*?[".contains($0) }
            let place = folder.path(of: pattern)
            for file in isPattern ? HostFile.matching(place) : [place] where !files.contains(file) {
                do {
                    let (read, found) = RuleParser.read(try HostFile.read(file), file: file)
                    files.append(file)
                    rules += read
                    problems += found
                } catch {
                    problems.append(Self.unreadable(file, error, hint: "\(path) names it in rules.files"))
                }
            }
        }
        let matcher = Matcher(rules)
        problems += matcher.problems + Self.references(of: rules, in: configuration)
        problems += rules.compactMap(Self.later)
        if configuration.tunnel.isEmpty, let rule = rules.first(where: { $0.action == .tunnel }) {
            problems.append(
                Problem(
                    .warning, file: rule.file, line: rule.line, column: rule.column,
                    "there is no tunnel: what tunnel rules name is refused",
                    hint: "add a [[tunnel]] to \(path)"))
        }
        if Self.systemServers(of: configuration).isEmpty {
            problems.append(
                Problem(
                    .warning, file: path, line: 0, column: 0,
                    "no system server is known, since /etc/resolv.conf names none but ourselves: names outside the tunnel get SERVFAIL",
                    hint: "system_servers = [\"192.168.1.1\"] under [dns], with your network's own"))
        }
        problems.sort { ($0.file, $0.line, $0.column) < ($1.file, $1.line, $1.column) }
        self.init(configuration, matcher, tunnelFiles, files, problems)
    }

    private init(
        _ configuration: Configuration, _ matcher: Matcher, _ tunnelFiles: [String: WireGuardFile], _ ruleFiles: [String],
        _ problems: [Problem]
    ) {
        self.configuration = configuration
        self.matcher = matcher
        self.tunnelFiles = tunnelFiles
        self.ruleFiles = ruleFiles
        self.problems = problems
    }

    /// Where relative paths of a configuration count from.
    private struct Folder {
        private let path: String

        init(of file: String) { path = file.split(separator: "/", omittingEmptySubsequences: false).dropLast().map { $0 + "/" }.joined() }

        func path(of file: String) -> String { file.hasPrefix("/") ? file : path + file }
    }

    private static func unreadable(_ path: String, _ failure: HostFile.Failure, hint: String?) -> Problem {
        switch failure {
        case .missing: Problem(.error, file: path, line: 0, column: 0, "there is no such file", hint: hint)
        case .notPermitted: Problem(.error, file: path, line: 0, column: 0, "you may not read it", hint: "use sudo")
        case .unreadable(let why): Problem(.error, file: path, line: 0, column: 0, "cannot be read: \(why)", hint: hint)
        }
    }

    /// Devices of others whose own packets nothing tells from the traffic that is to go through them.
    private static func loops(of configuration: Configuration) -> [Problem] {
        guard configuration.routing.default == .tunnel else { return [] }
        return configuration.tunnel.enumerated().compactMap { index, tunnel in
            guard case .interface(let device) = tunnel.source, let status = try? WireGuardDevice.status(of: device), status.mark == 0 else {
                return nil
            }
            return configuration.places.problem(
                .error, at: "tunnel[\(index)].interface",
                "\(device) has no fwmark: with routing.default = \"tunnel\" its own packets would go into itself",
                hint: "wg set \(device) fwmark 0xca6c")
        }
    }

    /// Options that this version reads and does not obey yet.
    private static func later(_ rule: Rule) -> Problem? {
        func warning(_ text: String) -> Problem {
            Problem(.warning, file: rule.file, line: rule.line, column: rule.column, "not yet: " + text)
        }
        if let via = rule.options.via, via.scheme != .plain { return warning("\(via) cannot be asked; lookups by this rule are refused") }
        if rule.options.dscp != nil { return warning("dscp is not set on any packet") }
        return rule.options.priority == nil ? nil : warning("priority orders nothing")
    }

    /// What rules say of tunnels and servers, held against the configuration.
    private static func references(of rules: [Rule], in configuration: Configuration) -> [Problem] {
        let names = configuration.tunnel.map(\.name)
        let own = Set(configuration.dns.listen.map(\.address))
        return rules.compactMap { rule in
            if let tunnel = rule.tunnel, !names.contains(tunnel) {
                return Problem(
                    .error, file: rule.file, line: rule.line, column: rule.column, "there is no tunnel '\(tunnel)'",
                    hint: names.isEmpty ? "the configuration has no [[tunnel]]" : "the configuration has " + names.joined(separator: ", "))
            }
            guard let via = rule.options.via else { return nil }
            if own.contains(via.address) {
                return Problem(
                    .error, file: rule.file, line: rule.line, column: rule.column,
                    "\(via) is our own address: a question would come back for ever")
            }
            if rule.action == .lan, !configuration.privateRanges.contains(via.address) {
                return Problem(
                    .error, file: rule.file, line: rule.line, column: rule.column,
                    "\(via) is not private, and a lan name is asked of private servers only",
                    hint: "direct \(rule.text) via \(via) asks it outside the tunnel")
            }
            return nil
        }
    }
}

extension Loaded {
    /// What a decision depends on, as far as files tell: for `why` without a daemon, and the ground the daemon adds the world to.
    package func circumstances(state: TunnelState, systemServers: [ServerAddress]) -> Circumstances {
        let dns = configuration.dns
        var circumstances = Circumstances(
            setting: configuration.setting, profile: dns.profile, lanSharing: dns.lanSharing, ranges: configuration.privateRanges,
            tunnelRulesFallToSystem: dns.tunnelRulesWhenDisconnected == .system, state: state, systemServers: systemServers)
        for tunnel in configuration.tunnel {
            circumstances.tunnelOwn.formUnion(configuration.ownAddresses(of: tunnel, file: file(of: tunnel)))
        }
        if let first = configuration.tunnel.first {
            circumstances.tunnelInUse = first.name
            circumstances.relayServers = resolvers(of: first)
        }
        return circumstances
    }

    func resolvers(of tunnel: Configuration.Tunnel) -> [ServerAddress] { configuration.resolvers(of: tunnel, file: file(of: tunnel)) }

    func file(of tunnel: Configuration.Tunnel) -> WireGuardFile? {
        switch tunnel.source {
        case .config(let path): tunnelFiles[path]
        case .interface: nil
        }
    }

    /// The system's servers: configured, or what the operating system says now, without ourselves.
    package var systemServers: [ServerAddress] { Self.systemServers(of: configuration) }

    private static func systemServers(of configuration: Configuration) -> [ServerAddress] {
        guard configuration.dns.systemServers.isEmpty else { return configuration.dns.systemServers }
        let own = configuration.dns.listen.map { ServerAddress($0.address, port: $0.port) }
        return Takeover(paths: HostPaths(state: configuration.paths.state), listeners: own)
            .systemServers(without: Set(own.map(\.address))).servers
    }
}
