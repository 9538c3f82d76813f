// SPDX-License-Identifier: MIT
package import Wire

extension Matrix {
    /// MATRIX.md, "Names without a rule" and "Names with a rule". The first row that fits decides.
    ///
    /// `system` outside to the system's servers · `relay` in the tunnel to its own resolver · `server` in the tunnel to the custom one ·
    /// `lan` to the private custom server · `shared` the same, where LAN sharing is on · `own` to those system servers that are private ·
    /// `opt-in` outside to the system's servers where the configuration says so · `refuse` SERVFAIL · `block` NXDOMAIN.
    private static let lookups = rows(
        """
        rule    app              profile  setting         | disconnected  connecting  connected  disconnecting  error
        none    normal,excluded  desktop  default         | system        refuse      relay      refuse         refuse
        none    normal,excluded  desktop  private-custom  | system        shared      lan        shared         shared
        none    normal,excluded  desktop  public-custom   | system        refuse      server     refuse         refuse
        none    normal,excluded  desktop  system          | system        system      system     system         system
        none    normal           mobile   default         | system        refuse      relay      refuse         refuse
        none    normal           mobile   private-custom  | system        shared      shared     shared         shared
        none    normal           mobile   public-custom   | system        refuse      server     refuse         refuse
        none    normal           mobile   system          | system        system      system     system         system
        *       excluded         mobile   *               | system        system      system     system         system
        block   tunneled         *        *               | block         block       block      block          block
        *       tunneled         *        public-custom   | refuse        refuse      server     refuse         refuse
        *       tunneled         *        *               | refuse        refuse      relay      refuse         refuse
        tunnel  *                *        public-custom   | opt-in        refuse      server     refuse         refuse
        tunnel  *                *        *               | opt-in        refuse      relay      refuse         refuse
        direct  *                *        *               | system        system      system     system         system
        lan     *                *        *               | own           own         own        own            own
        block   *                *        *               | block         block       block      block          block
        """)

    /// What must be seen of a lookup; nil where the table has no such cell.
    /// - Parameter via: the server that the rule itself names.
    package static func lookup(_ cell: Coordinates, _ facts: Facts, via: IPAddress? = nil) -> Expected? {
        guard let rule = cell.rule, let setting = cell.setting, let profile = cell.profile,
            let word = word(lookups, [rule.rawValue, cell.app.rawValue, profile.rawValue, setting.rawValue], cell.state)
        else { return nil }
        // A tunneled app is answered by a tunnel rule's own server only; a mobile excluded app by no rule at all.
        let own = cell.app == .tunneled && rule != .tunnel || cell.app == .excluded && profile == .mobile ? nil : via
        switch word {
        case "system": return asked(.outside, own.map { [$0] } ?? facts.systemServers)
        case "relay": return asked(.tunnel, own.map { [$0] } ?? facts.relayServers)
        case "server": return asked(.tunnel, own.map { [$0] } ?? facts.customServers)
        case "lan": return asked(.lan, facts.customServers)
        case "shared": return facts.lanSharing ? asked(.lan, facts.customServers) : refused
        case "own": return asked(.lan, (own.map { [$0] } ?? facts.systemServers).filter { $0.isPrivate(cgnat: facts.cgnatIsPrivate) })
        case "opt-in": return facts.fallsToSystem ? asked(.outside, facts.systemServers) : refused
        case "refuse": return refused
        case "block": return Expected(expectation: .nothing, rcodes: ["NXDOMAIN"])
        default: return nil
        }
    }

    private static let refused = Expected(expectation: .nothing, rcodes: ["SERVFAIL"])

    private static func asked(_ expectation: Expectation, _ servers: [IPAddress]) -> Expected {
        servers.isEmpty ? refused : Expected(expectation: expectation, servers: Set(servers), rcodes: ["NOERROR", "NXDOMAIN"])
    }
}
