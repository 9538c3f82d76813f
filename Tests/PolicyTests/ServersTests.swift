// SPDX-License-Identifier: MIT
import Policy
import Rules
import Testing
import Wire
import Workbench

@Suite struct ServersTests {
    @Test func serversAreChosenAsTheFixtureSays() throws {
        let lines = Fixture.lines("policy/servers.txt")
        for line in lines {
            let arrow = try #require(line.words.firstIndex(of: "=>"), "\(line)")
            let words = line.words[..<arrow]
            var world = World.circumstances(World.setting(words[1]), World.state(words[0]))
            var app = App.normal
            for word in words.dropFirst(3) { try apply(word, to: &world, &app, line) }
            let rule = words[2] == "none" ? nil : World.rule(words[2].split(separator: "_").joined(separator: " "))
            let decision = world.decide(World.question, rule: rule, app: app)
            #expect(decision.words == line.words[(arrow + 1)...].joined(separator: " "), "\(line)")
        }
        #expect(lines.count == 72)
    }

    /// AD counts, and names keep their case, where nobody on the way can change anything (RFC 4035 section 4.9.3).
    @Test(arguments: [
        (Path.tunnel, "10.64.0.1", true), (.outside, "198.51.100.53", false), (.lan, "192.168.77.1", false), (.outside, "127.0.0.1", true),
        (.outside, "::1", true), (.outside, "tls://198.51.100.53#dns.example", true),
        (.lan, "https://192.168.77.1/dns-query#dns.example", true),
    ]) func whoIsTrusted(_ path: Path, _ server: String, _ isTrusted: Bool) throws {
        #expect(Ask(path, try #require(ServerAddress(server))).isTrusted == isTrusted)
    }

    private func apply(_ word: String, to world: inout Circumstances, _ app: inout App, _ line: Fixture.Line) throws {
        let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
        switch (parts[0], parts.count == 2 ? parts[1] : nil) {
        case ("mobile", nil): world.profile = .mobile
        case ("sharing-off", nil): world.lanSharing = false
        case ("cgnat-lan", nil): world.ranges = PrivateRanges(includesCGNAT: true)
        case ("fall-to-system", nil): world.tunnelRulesFallToSystem = true
        case ("tunneled", nil): app = .tunneled
        case ("excluded", nil): app = .excluded
        case ("system", let servers?): world.systemServers = World.servers(servers)
        case ("relay", let servers?): world.relayServers = World.servers(servers)
        case ("own", let own?): world.tunnelOwn = Set(World.servers(own).map(\.address))
        case ("in-use", let name?): world.tunnelInUse = name
        case ("home", let state?): world.tunnels[1].state = World.state(state)
        default: try #require(Bool(false), "\(line): unknown word '\(word)'")
        }
    }

    @Test func privateRangesHaveExactEdges() throws {
        let lines = Fixture.lines("policy/ranges.txt")
        for line in lines {
            let address = try #require(IPAddress(line.words[0]), "\(line)")
            #expect(PrivateRanges(includesCGNAT: false).contains(address) == (line.words[1] == "private"), "\(line)")
            #expect(PrivateRanges(includesCGNAT: true).contains(address) == (line.words[1] != "public"), "\(line)")
        }
        #expect(lines.count == 44)
    }
}
