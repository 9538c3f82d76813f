// SPDX-License-Identifier: MIT
import Policy
import Wire

extension Configuration {
    /// `[dns]`
    package struct DNS: Hashable, Sendable {
        /// Who is asked for names that no rule has (MATRIX.md, "Names without a rule").
        package enum Setting: String, Hashable, Sendable, CaseIterable {
            /// `system` if `routing.default` is `direct`, else `default`.
            case auto
            /// The tunnel's own resolver.
            case `default`
            /// The servers of `servers`.
            case custom
            /// The operating system's or DHCP's resolver, outside the tunnel.
            case system
        }

        /// What 100.64.0.0/10 is.
        package enum CGNAT: String, Hashable, Sendable, CaseIterable { case `public`, lan }

        /// What a lookup by a `tunnel` rule gets while the tunnel is disconnected on purpose.
        package enum TunnelRules: String, Hashable, Sendable, CaseIterable {
            /// SERVFAIL: the names of the private side stay unknown to the local network.
            case refuse
            /// The system's answer, outside.
            case system
        }

        /// What happens to the DNS of programs that do not ask us.
        package enum Foreign: String, Hashable, Sendable, CaseIterable {
            /// Ports 53 and 853 are refused at once.
            case reject
            /// Port 53 is redirected to us.
            case capture
            case allow
        }

        /// What the AAAA of a `tunnel` name gets where the tunnel carries no IPv6 and the network around translates it to IPv4 (NAT64).
        package enum NAT64: String, Hashable, Sendable, CaseIterable {
            /// NODATA, as on every other network: its client uses IPv4, which the tunnel carries.
            case nodata
            /// The tunnel's answer. Its addresses are the tunnel's all the same, which rejects them: for programs that must see one.
            case answer
        }

        /// In which order the servers of a path are asked.
        package enum Ask: String, Hashable, Sendable, CaseIterable {
            /// The first that answers, in their order; one that does not answer is asked last for a while.
            case order
            /// Three at once; the first answer counts.
            case race
        }

        /// Where we answer, UDP and TCP. At least one; without a port: 53. Default: 127.0.0.53:53.
        package var listen = [Endpoint(.v4(0x7F00_0035), port: 53)]
        /// Who gets answers. Empty (default): loopback and connected private networks.
        package var allowFrom: [Network] = []
        /// Default: `auto`.
        package var setting = Setting.auto
        /// For `custom`, in order; at least one then. Default: none.
        package var servers: [ServerAddress] = []
        /// The system's servers. Empty (default): what the operating system or DHCP configured.
        package var systemServers: [ServerAddress] = []
        /// Default: `order`.
        package var ask = Ask.order
        /// Whether names are asked in random case outside the tunnel, so that a forged reply must guess it as well ("0x20"). A server that does not
        /// repeat it is noticed and asked as it wants. Default: true.
        package var mixedCase = true
        /// Default: `desktop`.
        package var profile = Profile.desktop
        /// Whether local networks, and resolvers in them, may be reached outside the tunnel. Default: true.
        package var lanSharing = true
        /// Default: `public`.
        package var cgnat = CGNAT.public
        /// Default: `refuse`.
        package var tunnelRulesWhenDisconnected = TunnelRules.refuse
        /// Default: `reject`.
        package var foreign = Foreign.reject
        /// Names, and all below them, that may answer with addresses of this machine and its networks without a rule; the root, `.` or `*`, stands
        /// for every name. Default: none.
        package var rebindAllow: [Name] = []
        /// Default: `nodata`.
        package var nat64 = NAT64.nodata
        /// A file of certificates (PEM) that tls:// and https:// servers may be signed by, besides the system's. A relative path counts from this
        /// file's folder. Default: none.
        package var tlsRoots: String?

        package init() {}
    }
}

extension Configuration.DNS {
    init(_ section: SectionReader) {
        section.read("listen", into: &listen, of: "addresses with port", Self.listener)
        section.read("allow_from", into: &allowFrom, of: "networks", Self.network)
        section.read("setting", into: &setting)
        section.readServers("servers", into: &servers)
        section.readServers("system_servers", into: &systemServers)
        section.read("ask", into: &ask)
        section.read("mixed_case", into: &mixedCase)
        section.read("profile", into: &profile)
        section.read("lan_sharing", into: &lanSharing)
        section.read("cgnat", into: &cgnat)
        section.read("tunnel_rules_when_disconnected", into: &tunnelRulesWhenDisconnected)
        section.read("foreign", into: &foreign)
        section.read("rebind_allow", into: &rebindAllow, of: "names", Self.name)
        section.read("nat64", into: &nat64)
        section.readFile("tls_roots", into: &tlsRoots)

        if section.has("listen"), section.isEmptyList("listen") {
            section.report(at: "listen", "listen is empty: nobody could ask", hint: "listen = [\"127.0.0.53:53\"]")
        }
        if setting == .custom, section.isEmptyList("servers") {
            section.report(at: "setting", "setting is \"custom\", and servers is empty", hint: "servers = [\"10.0.1.1\"]")
        }
    }

    private static func listener(_ text: String, _ place: Place, _ findings: inout Findings) -> Endpoint? {
        guard let endpoint = Endpoint(text, assuming: 53) else {
            findings.error(place, "\(quoted(text)) is no address to listen on", hint: "write \"127.0.0.53:53\" or \"[::1]:53\"")
            return nil
        }
        return endpoint
    }

    private static func network(_ text: String, _ place: Place, _ findings: inout Findings) -> Network? {
        guard let network = Network(text) else {
            findings.error(place, "\(quoted(text)) is no network", hint: "write \"192.168.1.0/24\", \"fd00::/8\" or a single address")
            return nil
        }
        let address = text.split(separator: "/").first.flatMap { IPAddress($0) }
        if let address, address != network.address {
            findings.warning(place, "\(address) is inside the network, not its start; \(network) is meant", hint: "write \"\(network)\"")
        }
        return network
    }

    private static func name(_ text: String, _ place: Place, _ findings: inout Findings) -> Name? {
        if text == "." || text == "*" { return .root }
        let name = (text.hasSuffix(".") ? String(text.dropLast()) : text).lowercased()
        let isName =
            (1...253).contains(name.utf8.count)
            && name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
                (1...63).contains(label.utf8.count) && label.unicodeScalars.allSatisfy(\.isBareKey)
            }
        guard isName else {
            let isForeign = text.utf8.contains { $0 > 127 }
            findings.error(place, "\(quoted(text)) is no domain name", hint: isForeign ? "write it in its xn-- form" : nil)
            return nil
        }
        return Name(name)
    }
}
