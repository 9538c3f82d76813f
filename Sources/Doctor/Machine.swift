// SPDX-License-Identifier: MIT
import HostDNS
import Kernel
import Policy
import Wire

/// Everything that was read from the machine, as values: what it means is decided without looking again.
package struct Machine: Sendable {
    package var daemon: DaemonSeen
    package var interfaces: [Interface] = []
    package var defaults: [Default] = []
    /// How the kernel would send packets to somewhere on the net, by family and mark.
    package var ways: [Way] = []
    package var rules: [PolicyRule] = []
    /// `net.ipv4.conf.all`; nil where it could not be read.
    package var reversePathOfAll: Int?
    package var sourceValidMarkOfAll: Bool?
    /// How many ports the kernel draws from (`ip_local_port_range`); nil where it could not be read.
    package var sourcePorts: Int?
    /// Families whose packets are forwarded.
    package var forwards: Set<IPAddress.Family> = []
    /// Who holds port 53, or a port of ours.
    package var holders: [PortHolder] = []
    /// What was asked on this machine, and whether it answered.
    package var answers: [Place: Bool] = [:]
    package var hostDNS = HostDNSSeen()
    /// The names of all processes (comm, at most 15 characters).
    package var processes: Set<String> = []
    package var browsers: [BrowserSeen] = []
    /// Tables of others; nil where they could not be read.
    package var tables: [FirewallTable]?
    /// Whether `inet sluice` stands; nil where it could not be read.
    package var hasOurTable: Bool?
    /// Whether `inet sluice_guard` stands beside it; nil where it could not be read.
    package var hasGuard: Bool?
    package var ufwEnabled = false
    /// Whether /etc/docker/daemon.json names servers for containers.
    package var dockerNamesServers = false
    package var isSeenByRoot = true
    /// What could not be read, in words, and why.
    package var blind: [String] = []
    /// Parts of which nothing is known: their checks say nothing rather than what is not so.
    package var unread: Set<Part> = []

    package enum Part: String, Hashable, Sendable {
        case routes
        case sockets
        case names
        case browsers
        case settings
    }

    package init(daemon: DaemonSeen) { self.daemon = daemon }

    package struct Interface: Hashable, Sendable {
        package var name: String
        package var index: UInt32 = 0
        package var kind: String?
        package var addresses: [IPAddress] = []
        /// Its own value; the larger of this and that of `all` counts.
        package var reversePath: Int?
        /// Its own value; it or that of `all` suffices.
        package var sourceValidMark: Bool?

        package init(name: String) { self.name = name }
    }

    package struct Default: Hashable, Sendable {
        package var family: IPAddress.Family
        package var interface: String
        package var gateway: IPAddress?

        package init(_ family: IPAddress.Family, by interface: String, gateway: IPAddress?) {
            self.family = family
            self.interface = interface
            self.gateway = gateway
        }
    }

    package struct Way: Hashable, Sendable {
        package var family: IPAddress.Family
        package var mark: UInt32
        /// Nil: it would not be sent.
        package var interface: String?
        package var gateway: IPAddress?

        package init(_ family: IPAddress.Family, mark: UInt32, by interface: String?, gateway: IPAddress? = nil) {
            self.family = family
            self.mark = mark
            self.interface = interface
            self.gateway = gateway
        }
    }
}

/// What the daemon and its configuration say. Whoever has asked them fills it in.
package struct DaemonSeen: Sendable {
    package enum Life: Hashable, Sendable {
        case running
        case absent
        case notPermitted
        /// It does not answer; why.
        case silent(String)
    }

    package struct Tunnel: Hashable, Sendable {
        package var name: String
        package var interface: String
        package var state: String
        package var isInUse: Bool

        package init(name: String, interface: String, state: String, isInUse: Bool) {
            self.name = name
            self.interface = interface
            self.state = state
            self.isInUse = isInUse
        }
    }

    package var life: Life
    package var version = ""
    package var pid: Int32?
    package var state = TunnelState.disconnected
    package var repairs = 0
    /// Whether it knows a server to ask outside the tunnel.
    package var hasSystemServer = true
    /// `foreign = "allow"`.
    package var letsForeignLookupsGo = false
    /// Where it answers, or would.
    package var listeners: [ServerAddress] = []
    /// Its tunnels, or those of the configuration.
    package var tunnels: [Tunnel] = []
    /// `routing.default = "tunnel"`.
    package var defaultIsTunnel = false
    /// The file, and what `check` says of it.
    package var configuration: String
    package var configurationIsThere = true
    /// Files that this user may not read are no errors.
    package var unreadable: [String] = []
    package var errors: [String] = []
    package var warnings: [String] = []

    package init(_ life: Life, configuration: String) {
        self.life = life
        self.configuration = configuration
    }

    package var isRunning: Bool { life == .running }
    package var devices: Set<String> { Set(tunnels.map(\.interface)) }
    package var tunnelInUse: Tunnel? { tunnels.first(where: \.isInUse) }
}
