// SPDX-License-Identifier: MIT
import LeakTest
import Wire

/// One configuration that a full leak test plays in the lab, and what the judge knows of it.
struct LabVariant: Sendable {
    var setting: Matrix.Setting
    var profile = Matrix.Profile.desktop
    var routing = Matrix.Routing.direct
    var lanSharing = true
    var fallsToSystem = false

    /// All settings in both profiles, then what changes some of their cells.
    static let lookups =
        Matrix.Profile.allCases.flatMap { profile in Matrix.Setting.allCases.map { LabVariant(setting: $0, profile: profile) } }
        + Matrix.Profile.allCases.map { LabVariant(setting: .privateCustom, profile: $0, lanSharing: false) }

    static let traffic = [
        LabVariant(setting: .system), LabVariant(setting: .standard, routing: .tunnel),
        LabVariant(setting: .standard, routing: .tunnel, lanSharing: false),
    ]

    var description: String {
        "\(setting.rawValue), \(profile.rawValue)" + (routing == .tunnel ? ", default tunnel" : "") + (lanSharing ? "" : ", no LAN sharing")
            + (fallsToSystem ? ", tunnel rules fall to the system" : "")
    }

    static let relay = IPAddress.v4(0x0A40_0101)
    static let system = IPAddress.v4(0xC633_6435)
    static let lan = IPAddress.v4(0xC0A8_4D01)
    private static let privateServer = "fd77::1"
    private static let publicServer = "203.0.113.53"

    private var servers: [String] {
        switch setting {
        case .standard, .system: []
        case .privateCustom: [Self.privateServer]
        case .publicCustom: [Self.publicServer]
        }
    }

    var facts: Matrix.Facts {
        var facts = Matrix.Facts(
            systemServers: [Self.system, Self.lan], relayServers: [Self.relay], customServers: servers.compactMap { IPAddress($0) })
        facts.lanSharing = lanSharing
        facts.fallsToSystem = fallsToSystem
        return facts
    }

    /// sluice.toml.
    func configuration(in folder: String) -> String {
        let name =
            switch setting {
            case .standard: "default"
            case .privateCustom, .publicCustom: "custom"
            case .system: "system"
            }
        return """
            # Written by `sluice leaktest --full`.
            [dns]
            system_servers = ["\(Self.system)", "\(Self.lan)"]
            setting = "\(name)"
            servers = [\(servers.map { "\"\($0)\"" }.joined(separator: ", "))]
            profile = "\(profile.rawValue)"
            lan_sharing = \(lanSharing)
            tunnel_rules_when_disconnected = "\(fallsToSystem ? "system" : "refuse")"
            [routing]
            default = "\(routing.rawValue)"
            [[tunnel]]
            name = "relay1"
            config = "/etc/wireguard/wg1.conf"
            [rules]
            files = ["\(folder)/leaktest.rules"]
            [paths]
            run = "\(folder)/run"
            state = "\(folder)/state"

            """
    }

    /// A rule of each kind for names, for reverse names, and for addresses of the lab.
    static let rules = """
        tunnel  corp.example
        direct  *.video.example
        lan     nas.home
        block   ads.example
        tunnel  fdaa:1::/48
        direct  2001:db8:d1::/48
        lan     fdaa:3::/48
        block   2001:db8:b1::/48
        tunnel  10.20.0.0/16
        direct  203.0.113.16/32
        block   203.0.113.17/32
        block   2001:db8:203::17/128

        """
}
