// SPDX-License-Identifier: MIT
import Configuration
import HostDNS
import Kernel
import Policy
import Regexes
import RuleFiles
import Rules
import Wire

/// A configuration with everything it names, read from disk: rules, lists, wg-quick files, and all that is wrong with any of them.
package struct Loaded: Sendable {
    package let configuration: Configuration
    package let book: RuleBook
    /// By the path of `config =`.
    package let tunnelFiles: [String: WireGuardFile]
    package let problems: [Problem]
    /// The configuration's own file, and what of the rules was looked at, each as it was then; nil for what was not there.
    let seen: [String: FileStamp?]
    /// `tls_roots`, from the root or the current folder, as it was then.
    let tlsRoots: TLSRoots?

    package static let usualPath = "/etc/sluice/sluice.toml"

    package var errors: [Problem] { problems.filter { $0.severity == .error } }
    package var matcher: Matcher { book.matcher }
    package var ruleFiles: [String] { book.files }
    /// What its rules have their traffic bear, in their order; some more than once.
    var trafficClasses: [TrafficClass] { matcher.treatments.filter { $0.action != .block }.compactMap(\.options.trafficClass) }

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
    /// - Parameters:
    ///   - mayBeMissing: without the file every key has its default.
    ///   - keepsLists: writes copies of good lists to the state folder, which count once the book is committed; else what is there is only used.
    package init(path: String, mayBeMissing: Bool = false, keepsLists: Bool = false) {
        let seen = [path: FileStamp(of: path)]
        let (read, found) = Self.settings(path, mayBeMissing)
        var problems = found
        guard let configuration = read else {
            self.init(Configuration(), .empty, [:], problems, seen)
            return
        }
        let folder = Folder(of: path)
        var tunnelFiles: [String: WireGuardFile] = [:]
        for tunnel in configuration.tunnel {
            guard case .config(let file) = tunnel.source, !file.isEmpty else { continue }
            do {
                let content = try FileBytes(folder.path(of: file))
                let (read, found) = WireGuardFile.read(content.array, file: file, peersAreNodes: tunnel.nodes == .peers)
                tunnelFiles[file] = read
                problems += found + Self.exposure(of: content, file) + Self.faults(ofKeysIn: read)
            } catch {
                problems.append(Self.unreadable(file, error, hint: "\(path) names it for the tunnel '\(tunnel.name)'"))
            }
        }
        problems += configuration.problems(withTunnelFiles: tunnelFiles) + Self.loops(of: configuration)
        let roots = configuration.dns.tlsRoots.map { TLSRoots(folder.path(of: $0)) }
        problems += Self.faults(of: roots, configuration)

        let shelf = ListShelf(state: configuration.paths.state, isWritable: keepsLists)
        var reader = RuleBookReader(shelf: shelf, objections: Self.objections(of: configuration, path), regexes: HyperscanSet.compile)
        for pattern in configuration.rules.files {
            let isPattern = pattern.contains { "*?[".contains($0) }
            let place = folder.path(of: pattern)
            let files = isPattern ? HostFile.matching(place) : [place]
            // Of the usual place a machine without rules has none.
            if files.isEmpty, !Configuration.Rules().files.contains(pattern) {
                problems.append(
                    Problem(
                        .warning, file: path, line: 0, column: 0, "rules.files: '\(pattern)' fits no file, so no rule comes from there",
                        hint:
                            "the files of \(place.lastIndex(of: "/").map { String(place[..<$0]) } ?? place) must be named so; the usual is *.rules"
                    ))
            }
            for file in files {
                do {
                    try reader.read(file)
                } catch {
                    problems.append(Self.unreadable(file, error, hint: "\(path) names it in rules.files"))
                }
            }
        }
        let book = reader.book()
        problems += book.problems
        if Self.systemServers(of: configuration).isEmpty {
            problems.append(
                Problem(
                    .warning, file: path, line: 0, column: 0,
                    "no system server is known, since /etc/resolv.conf names none but ourselves: names outside the tunnel get SERVFAIL",
                    hint: "system_servers = [\"192.168.1.1\"] under [dns], with your network's own"))
        }
        problems.sort { ($0.file, $0.line, $0.column) < ($1.file, $1.line, $1.column) }
        var stamps = seen.merging(book.seen) { own, _ in own }
        if let roots { stamps[roots.path] = roots.stamp }
        self.init(configuration, book, tunnelFiles, problems, stamps, roots)
    }

    private init(
        _ configuration: Configuration, _ book: RuleBook, _ tunnelFiles: [String: WireGuardFile], _ problems: [Problem],
        _ seen: [String: FileStamp?], _ tlsRoots: TLSRoots? = nil
    ) {
        self.configuration = configuration
        self.book = book
        self.tunnelFiles = tunnelFiles
        self.problems = problems
        self.seen = seen
        self.tlsRoots = tlsRoots
    }

    /// The configuration alone, without the rules and what else it names; what cannot be read has its default.
    package static func settings(path: String) -> Configuration { settings(path, true).0 ?? Configuration() }

    private static func settings(_ path: String, _ mayBeMissing: Bool) -> (Configuration?, [Problem]) {
        do {
            return Configuration.read(try HostFile.read(path), file: path)
        } catch .missing where mayBeMissing {
            return (Configuration(), [])
        } catch {
            return (nil, [unreadable(path, error, hint: "name another one, or begin with an empty file: every key has a default")])
        }
    }

    /// Rule files as the configuration names them, from the root or the current folder.
    func rulePatterns(of path: String) -> [String] { configuration.rules.files.map { Folder(of: path).path(of: $0) } }

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
        circumstances.tunnels = zip(Node.first(configuration.tunnel.count), configuration.tunnel).map { node, tunnel in
            NamedTunnel(tunnel.name, node, state: state, resolvers: resolvers(of: tunnel))
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
