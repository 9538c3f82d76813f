// SPDX-License-Identifier: MIT
import Rules

extension Configuration {
    /// Reads a configuration file: all problems at once, in the order of the file.
    ///
    /// It may be used only if no problem is an error. What other files decide is left to `problems(withTunnelFiles:)`.
    package static func read(_ bytes: [UInt8], file: String) -> (configuration: Configuration, problems: [Problem]) {
        var findings = Findings(file: file)
        let root = TOMLTable.read(bytes, findings: &findings)
        let reading = Reading(findings: findings)
        var configuration = Configuration()
        configuration.dns = reading.section("dns", of: root) { DNS($0) }
        configuration.routing = reading.section("routing", of: root) { Routing($0) }
        configuration.tunnel = reading.sections("tunnel", of: root) { Tunnel($0) }
        configuration.tunnels = reading.section("tunnels", of: root) { Tunnels($0) }
        configuration.health = reading.section("health", of: root) { Health($0) }
        configuration.rules = reading.section("rules", of: root) { Rules($0) }
        configuration.leases = reading.section("leases", of: root) { Leases($0) }
        configuration.cache = reading.section("cache", of: root) { Cache($0) }
        configuration.control = reading.section("control", of: root) { Control($0) }
        configuration.paths = reading.section("paths", of: root) { Paths($0) }
        reading.reportUnknown(of: root)
        configuration.places = reading.places
        configuration.check(&reading.findings)
        configuration.checkServers(&reading.findings)
        return (configuration, reading.findings.sorted)
    }

    package static func read(_ text: String, file: String) -> (configuration: Configuration, problems: [Problem]) {
        read(Array(text.utf8), file: file)
    }
}
