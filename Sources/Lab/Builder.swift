// SPDX-License-Identifier: MIT
import CLinux
import Glibc

/// Builds the lab from inside, as the first process of its namespaces, in one thread.
/// When a step throws, the process ends, and with it everything that was made.
struct Builder {
    let executable: String
    let tools: Tools
    let topology = Topology.lab
    /// Programs that are expected to run as long as the lab.
    var servers: [Child] = []

    init(executable: String) throws(LabError) {
        self.executable = executable
        tools = try Tools(servers: ServerFolder(chosen: Environment.value("SLUICE_LAB_SERVERS"), executable: executable))
    }

    mutating func build(daemon: Bool, group: ControlGroup?) throws(LabError) {
        try Mounts.make(group: group)
        if unsafe sluice_sethostname(HostFiles.hostName) != 0 { throw .system("sethostname", errno) }
        for place in Place.allCases { try place.makeNetwork() }
        try batch(topology.cables, as: "cables", in: .host)
        try makeRelayDevices()
        for place in Place.allCases { try batch(topology.setup(of: place), as: place.rawValue, in: place) }
        for (path, text) in HostFiles.all { try place(text, at: path) }
        try place(HostFiles.nameServices(from: (try? Files.read("/etc/nsswitch.conf")) ?? ""), at: "/etc/nsswitch.conf")
        try startServers()
        if daemon { try startDaemon() }
    }

    /// Writes a file anew: what is there may be a link into the machine.
    private func place(_ text: String, at path: String) throws(LabError) {
        if let slash = path.lastIndex(of: "/") { try Files.makeFolder(String(path[..<slash])) }
        try Files.remove(path)
        try Files.write(text, to: path)
    }

    private func batch(_ text: String, as name: String, in place: Place) throws(LabError) {
        let file = "\(Folders.lab)/\(name).ip"
        try Files.write(text, to: file)
        try place.inside { () throws(LabError) in _ = try Tools.run([tools.ip, "-batch", file]) }
    }

    /// All resolvers and web servers at once, then waits for each.
    private mutating func startServers() throws(LabError) {
        var awaited: [(Child, Place, Probe)] = []
        for resolver in Resolver.lab {
            let part = "resolver-\(resolver.name)"
            try Files.write(resolver.file, to: "\(Folders.lab)/\(part).conf")
            let child = try start([tools.unbound, "-d", "-c", "\(Folders.lab)/\(part).conf"], as: part, in: resolver.place)
            awaited.append((child, resolver.place, .dns(resolver.addresses[0])))
        }
        for server in WebServer.lab {
            let part = "web-\(server.place.rawValue)"
            try Files.write(server.file, to: "\(Folders.lab)/\(part).conf")
            let words = [tools.nginx, "-e", "stderr", "-p", Folders.lab, "-c", "\(Folders.lab)/\(part).conf"]
            awaited.append((try start(words, as: part, in: server.place), server.place, .http(server.addresses[0])))
        }
        for (child, place, probe) in awaited {
            try wait(for: child, seconds: 10) { () throws(LabError) in try place.inside { () throws(LabError) in probe.answers } }
        }
    }

    mutating func start(_ words: [String], as part: String, in place: Place) throws(LabError) -> Child {
        let log = Folders.log(of: part)
        let child = try place.inside { () throws(LabError) in
            try Tools.start(words, name: part, output: log, errors: log)
        }
        servers.append(child)
        return child
    }

    /// Asks again and again until the answer is yes. The error holds the end of the part's log.
    func wait(for part: Child, seconds: Int, until ready: () throws(LabError) -> Bool) throws(LabError) {
        let end = Clock.milliseconds() + seconds * 1000
        while try !ready() {
            // Ended, or given up on: either way its log knows more.
            if let ending = try part.wait(milliseconds: 5) {
                throw LabError("\(part.name) ended (\(ending.code)); its log:\(Files.tail(Folders.log(of: part.name)))")
            }
            if Clock.milliseconds() > end {
                throw LabError("\(part.name) is not ready after \(seconds) s; its log:\(Files.tail(Folders.log(of: part.name)))")
            }
        }
    }
}
