// SPDX-License-Identifier: MIT
import Wire

/// The servers that the network gave, as its managers say now: a function of what they have written.
package struct SystemServers: Hashable, Sendable {
    package enum Source: Hashable, Sendable {
        /// /etc/resolv.conf, which is not ours.
        case resolvConf
        case networkManager
        case resolved
        case resolvconf
        /// What another program last wrote over ours.
        case absorbed
        /// What stood in the file before it was ours.
        case original
        case nobody
    }

    package let servers: [ServerAddress]
    package let source: Source

    /// The files' contents; nil or empty: not there.
    package struct Sources: Hashable, Sendable {
        package var resolvConf: [UInt8]?
        package var resolvConfIsOurs = false
        package var networkManager: [[UInt8]] = []
        package var resolved: [[UInt8]] = []
        /// Its joint file first, then one an interface.
        package var resolvconf: [[UInt8]] = []
        package var absorbed: [UInt8]?
        package var original: TakeoverRecord.Original?

        package init() {}
    }

    /// - Parameter own: our listeners' addresses; never among the servers.
    package init(_ sources: Sources, without own: Set<IPAddress>) {
        var original: [UInt8]?
        var keeper = Ownership.Owner.nobody
        switch sources.original {
        case .link(let target, _, _): keeper = Ownership(HostLook(entry: .link(target))).owner
        case .file(let file):
            keeper = Ownership(HostLook(entry: .file, contents: file.bytes)).owner
            original = file.bytes
        case .missing, nil: break
        }
        var candidates: [(source: Source, files: [[UInt8]])] = [
            (.networkManager, sources.networkManager), (.resolved, sources.resolved), (.resolvconf, sources.resolvconf),
        ]
        // Whoever kept the file knows best; the others only know what passed through them.
        let first: Source? =
            switch keeper {
            case .networkManager: .networkManager
            case .resolved: .resolved
            case .resolvconf: .resolvconf
            case .ours, .nobody, .other: nil
            }
        if let first, let place = candidates.firstIndex(where: { $0.source == first }) {
            candidates.insert(candidates.remove(at: place), at: 0)
        }
        let absorbed = (Source.absorbed, sources.absorbed.map { [$0] } ?? [])
        if sources.resolvConfIsOurs {
            // A DHCP client without a manager told it by writing; a manager's own file is newer than what it once wrote over ours.
            candidates.insert(absorbed, at: first == nil ? 0 : candidates.count)
        } else {
            candidates.insert((.resolvConf, sources.resolvConf.map { [$0] } ?? []), at: 0)
        }
        candidates.append((.original, original.map { [$0] } ?? []))

        // While the file names us, systemd-resolved may ask whom it names: asking it at its stub could come round in a circle.
        var never = own
        if sources.resolvConfIsOurs { never.formUnion([.v4(0x7F00_0035), .v4(0x7F00_0036)]) }
        for candidate in candidates {
            if candidate.source == .resolvconf {
                // The joint file when there is one, else all interfaces together.
                if let joint = candidate.files.first.map({ ResolvConf($0).servers(without: never) }), !joint.isEmpty {
                    (servers, source) = (joint, .resolvconf)
                    return
                }
                var all: [ServerAddress] = []
                for server in candidate.files.dropFirst().flatMap({ ResolvConf($0).servers(without: never) }) where !all.contains(server) {
                    all.append(server)
                }
                if !all.isEmpty {
                    (servers, source) = (all, .resolvconf)
                    return
                }
                continue
            }
            for file in candidate.files {
                let found = ResolvConf(file).servers(without: never)
                guard found.isEmpty else {
                    (servers, source) = (found, candidate.source)
                    return
                }
            }
        }
        servers = []
        source = .nobody
    }
}

extension Takeover {
    /// The system's servers now, read from the machine. Cheap enough for every change that `ResolvConfWatch` reports.
    /// - Parameter own: all our listeners' addresses, of any port.
    package func systemServers(without own: Set<IPAddress>) -> SystemServers {
        let look = paths.look()
        let record = (try? readRecord()) ?? nil
        var sources = SystemServers.Sources()
        sources.resolvConf = look.contents
        switch Hold(look, record) {
        case .ours, .unrecorded: sources.resolvConfIsOurs = true
        case .none, .original, .foreign: break
        }
        sources.networkManager = paths.networkManagerFiles.compactMap(Disk.read)
        sources.resolved = paths.resolvedFiles.compactMap(Disk.read)
        sources.resolvconf = [paths.resolvconfFiles.first.flatMap(Disk.read) ?? []]
        for folder in paths.interfaceRecords {
            // An interface's own record of a resolver on this machine ("lo.unbound") says nothing of the network.
            sources.resolvconf += Disk.names(in: folder).filter { !$0.hasPrefix("lo") }.compactMap { Disk.read(folder + "/" + $0) }
        }
        sources.absorbed = record?.absorbed
        sources.original = record?.original
        return SystemServers(sources, without: own.union(addresses))
    }
}
