// SPDX-License-Identifier: MIT
import Configuration
import Policy
import Rules
import Testing
import Wire

@Suite struct ConfigurationTests {
    static let good = Fixture.all(in: "good", ending: ".toml")
    static let bad = Fixture.all(in: "bad", ending: ".toml")

    @Test func theFixturesAreThere() {
        #expect(Self.good.count == 4)
        #expect(Self.bad.count == 9)
        #expect(Self.bad.allSatisfy { !$0.expected.isEmpty })
    }

    @Test(arguments: good) func goodFilesHaveNoProblem(_ fixture: Fixture) {
        fixture.expect(Configuration.read(fixture.bytes, file: fixture.name).problems)
    }

    @Test(arguments: bad) func everyProblemIsReportedAtOnceAndAtItsPlace(_ fixture: Fixture) {
        let problems = Configuration.read(fixture.bytes, file: fixture.name).problems
        fixture.expect(problems)
        #expect(problems.allSatisfy { $0.file == fixture.name })
    }

    @Test func theContractShowsTheDefaults() {
        let contract = Configuration.read(Fixture.bytes(of: "good/contract.toml"), file: "contract.toml").configuration
        var expected = Configuration.read("", file: "empty.toml").configuration
        #expect(expected == Configuration())
        expected.tunnel = [Configuration.Tunnel(name: "office", source: .config("/etc/wireguard/office.conf"))]
        #expect(contract == expected)
    }

    @Test func everyKeyArrives() throws {
        let full = Configuration.read(Fixture.bytes(of: "good/full.toml"), file: "full.toml").configuration
        #expect(full.dns.listen.map(\.description) == ["127.0.0.53:53", "[::1]:53", "192.168.122.1:53"])
        #expect(full.dns.allowFrom.map(\.description) == ["127.0.0.0/8", "::1/128", "192.168.122.0/24"])
        #expect(full.dns.setting == .custom)
        #expect(full.setting == .custom(full.dns.servers))
        #expect(full.dns.servers.map(\.description) == ["10.0.1.1:53", "9.9.9.9:5353", "[fe80::53%eth0]:53", "[2620:fe::fe]:53"])
        #expect(full.dns.systemServers.map(\.description) == ["192.168.1.1:53"])
        #expect(full.dns.profile == .mobile)
        #expect(!full.dns.lanSharing)
        #expect(full.dns.cgnat == .lan)
        #expect(full.privateRanges.includesCGNAT)
        #expect(full.dns.tunnelRulesWhenDisconnected == .system)
        #expect(full.dns.foreign == .allow)
        #expect(full.routing.default == .tunnel)
        #expect(full.routing.conflict == .narrow)
        #expect(full.tunnel.map(\.name) == ["office", "home.lab-2"])
        #expect(full.tunnel.map(\.source) == [.config("/etc/wireguard/office.conf"), .interface("wg0")])
        #expect(full.tunnel.map(\.device) == ["office", "wg0"])
        #expect(full.tunnel.map(\.dns) == [[], [try #require(ServerAddress("10.8.0.1"))]])
        #expect(full.tunnel.map(\.weight) == [1, 3])
        #expect(full.health.interval == .milliseconds(100))
        #expect(full.health.latency == .seconds(1))
        #expect(full.health.failures == 5)
        #expect(full.rules.files.isEmpty)
        #expect(full.leases.grace == .seconds(7200))
        #expect(full.control.group == "netdev")
        #expect(full.paths.run == "/tmp/lab/run")
        #expect(full.paths.state == "/tmp/lab/state")
    }

    @Test(arguments: [("direct", Setting.system), ("tunnel", .standard)])
    func autoFollowsTheDefaultRoute(_ route: String, _ setting: Setting) {
        #expect(Configuration.read("[routing]\ndefault = \"\(route)\"", file: "f").configuration.setting == setting)
    }

    @Test func placesTellWhereAKeyStandsAndCompareEqual() {
        let first = Configuration.read("[dns]\nservers = [\"10.0.0.1\",\n  \"10.0.0.2\"]", file: "a").configuration
        let second = Configuration.read("dns.servers = [\"10.0.0.1\", \"10.0.0.2\"] # moved", file: "b").configuration
        #expect(first == second)
        #expect(first.places["dns.servers"] == Place(line: 2, column: 11))
        #expect(first.places["dns.servers[1]"] == Place(line: 3, column: 3))
        #expect(first.places["dns.setting"] == nil)
        let problem = first.places.problem(.warning, at: "dns.setting", "m")
        #expect((problem.file, problem.line, problem.column) == ("a", 1, 1))
        let absent = first.places.problem(.warning, at: "rules.files[0]", "m")
        #expect((absent.line, absent.column) == (0, 0))
    }

    @Test(arguments: [("0s", 0), ("200ms", 200), ("1s", 1000), ("30m", 1_800_000), ("2h", 7_200_000), ("1d", 86_400_000)])
    func durationsRoundTrip(_ text: String, _ milliseconds: Int) {
        #expect(DurationText.read(text) == .milliseconds(milliseconds))
        #expect(DurationText.write(.milliseconds(milliseconds)) == text)
    }

    @Test(arguments: ["", "s", "1", "-1s", "1 s", "1.5s", "1S", "1w", "9999999999s", "١s", "1s ", "ms"])
    func otherDurationsAreRefused(_ text: String) { #expect(DurationText.read(text) == nil) }

    @Test(arguments: [
        ("127.0.0.53:53", "127.0.0.53:53"), ("127.0.0.53", nil), ("[::1]:53", "[::1]:53"), ("[::1]", nil), ("::1", nil),
        ("::ffff:10.0.0.1", nil), ("[::ffff:10.0.0.1]:53", "10.0.0.1:53"), ("[fe80::1%eth0]:1", "[fe80::1%eth0]:1"), ("1.2.3.4:0", nil),
        ("1.2.3.4:", nil), ("tls://1.2.3.4:1", nil),
    ])
    func endpointsNeedTheirPort(_ text: String, _ expected: String?) { #expect(Endpoint(text)?.description == expected) }
}
