// SPDX-License-Identifier: MIT
import Testing
import Wire

@testable import LeakTest

/// The judge's own tables: complete, and the same as what a DNS person wrote down for the daemon.
@Suite struct MatrixTests {
    static let system = IPAddress("198.51.100.53")!
    static let lan = IPAddress("192.168.77.1")!
    static let relay = IPAddress("10.64.1.1")!
    static let custom = IPAddress("203.0.113.53")!

    static func facts(sharing: Bool = true, falls: Bool = false) -> Matrix.Facts {
        var facts = Matrix.Facts(systemServers: [system, lan], relayServers: [relay], customServers: [custom])
        facts.lanSharing = sharing
        facts.fallsToSystem = falls
        return facts
    }

    static func cell(
        _ state: Matrix.State, _ app: Matrix.App, _ setting: Matrix.Setting, _ profile: Matrix.Profile, _ rule: Matrix.Rule
    ) -> Matrix.Coordinates {
        var cell = Matrix.Coordinates(.lookup, state, app)
        cell.setting = setting
        cell.profile = profile
        cell.rule = rule
        return cell
    }

    static let lookups = Matrix.State.allCases.flatMap { state in
        Matrix.App.allCases.flatMap { app in
            Matrix.Setting.allCases.flatMap { setting in
                Matrix.Profile.allCases.flatMap { profile in
                    Matrix.Rule.allCases.map { Self.cell(state, app, setting, profile, $0) }
                }
            }
        }
    }

    @Test func everyCellHasAnExpectation() {
        #expect(Self.lookups.count == 600)
        for cell in Self.lookups { #expect(Matrix.lookup(cell, Self.facts()) != nil, "\(cell)") }
    }

    /// What Fixtures/policy/matrix.txt, by which the daemon's policy is tested, calls the judge's expectation.
    static func word(_ expected: Matrix.Expected?) -> String {
        guard let expected else { return "no cell" }
        switch (expected.expectation, expected.servers) {
        case (.outside, [system, lan]): return "system"
        case (.tunnel, [relay]): return "relay"
        case (.tunnel, [custom]): return "tunnel:server"
        case (.lan, [custom]): return "lan:server"
        case (.lan, [lan]): return "lan:private-system"
        case (.nothing, []): return expected.rcodes == ["NXDOMAIN"] ? "block" : expected.rcodes == ["SERVFAIL"] ? "refuse" : "?"
        default: return "\(expected)"
        }
    }

    @Test func theJudgesTableIsThatOfTheFixture() throws {
        let path = String(#filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/"))
        let text = try #require(AppGroups.text(path + "/Fixtures/policy/matrix.txt"))
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") && $0.contains("|") }
        func fits(_ condition: Substring, _ value: String) -> Bool {
            condition == "*" || condition.split(separator: "|").contains { $0 == value }
        }
        var compared = 0
        for cell in Self.lookups {
            for (sharing, falls) in [(true, false), (false, false), (true, true), (false, true)] {
                let values = [
                    cell.rule!.rawValue, cell.setting!.rawValue, cell.app.rawValue, cell.profile!.rawValue, sharing ? "on" : "off",
                    falls ? "system" : "refuse",
                ]
                let rows = lines.compactMap { line -> [Substring]? in
                    // The first column of bars is ` | `, alternatives inside a condition have no spaces.
                    let words = line.split(separator: " ")
                    guard let bar = words.firstIndex(of: "|"), bar == 6 else { return nil }
                    return zip(words[..<6], values).allSatisfy { fits($0, $1) } ? Array(words[7..<12]) : nil
                }
                let row = try #require(rows.count == 1 ? rows[0] : nil, "\(values): \(rows.count) rows")
                let column = try #require(
                    [Matrix.State.disconnected, .connecting, .connected, .disconnecting, .error].firstIndex(of: cell.state))
                let wanted = row[column] == "sharing-off" ? "refuse" : String(row[column])
                #expect(Self.word(Matrix.lookup(cell, Self.facts(sharing: sharing, falls: falls))) == wanted, "\(cell), \(values)")
                compared += 1
            }
        }
        #expect(compared == 2400)
    }

    @Test func aRulesOwnServerIsAskedWhereTheRuleDecides() {
        let via = IPAddress("10.64.0.53")!
        func servers(_ app: Matrix.App, _ profile: Matrix.Profile, _ rule: Matrix.Rule) -> Set<IPAddress>? {
            Matrix.lookup(Self.cell(.connected, app, .standard, profile, rule), Self.facts(), via: via)?.servers
        }
        #expect(servers(.normal, .desktop, .tunnel) == [via])
        #expect(servers(.normal, .desktop, .direct) == [via])
        #expect(servers(.normal, .desktop, .lan) == [via])
        #expect(servers(.excluded, .mobile, .tunnel) == [Self.system, Self.lan], "no rule applies")
        #expect(servers(.tunneled, .desktop, .direct) == [Self.relay], "a tunnel rule's server only")
        #expect(servers(.tunneled, .desktop, .tunnel) == [via])
    }

    @Test func withoutAServerNothingIsAsked() {
        var facts = Self.facts()
        facts.systemServers = [Self.system]
        let lan = Matrix.lookup(Self.cell(.connected, .normal, .system, .desktop, .lan), facts)
        #expect(lan?.expectation == .nothing && lan?.rcodes == ["SERVFAIL"])
        facts.systemServers = []
        #expect(Matrix.lookup(Self.cell(.disconnected, .normal, .system, .desktop, .none), facts)?.expectation == .nothing)
    }

    @Test(arguments: [
        // who, target, routing, then the five states: o(utside) t(unnel) l(an) n(othing)
        ("excluded", "tunnel", "tunnel", "ooooo"), ("excluded", "block", "direct", "ooooo"), ("tunneled", "direct", "direct", "nntnn"),
        ("tunneled", "local", "direct", "nntnn"), ("normal", "tunnel", "direct", "nntnn"), ("normal", "tunnel", "tunnel", "nntnn"),
        ("normal", "direct", "tunnel", "ooooo"), ("normal", "lan", "tunnel", "lllll"), ("normal", "block", "direct", "nnnnn"),
        ("normal", "local", "tunnel", "ooooo"), ("normal", "other", "direct", "ooooo"), ("normal", "other", "tunnel", "ontnn"),
    ])
    func trafficIsAsTheMatrixHasIt(app: String, target: String, routing: String, ways: String) throws {
        let letters: [Character: Expectation] = ["o": .outside, "t": .tunnel, "l": .lan, "n": .nothing]
        for (state, letter) in zip([Matrix.State.disconnected, .connecting, .connected, .disconnecting, .error], ways) {
            var cell = Matrix.Coordinates(.traffic, state, try #require(Matrix.App(rawValue: app)))
            cell.target = Matrix.Target(rawValue: target)
            cell.routing = Matrix.Routing(rawValue: routing)
            #expect(Matrix.traffic(cell, to: Self.lan, Self.facts())?.expectation == letters[letter], "\(state)")
        }
    }

    @Test func trafficDependsOnSharingPrivacyAndTheFallToTheSystem() {
        var cell = Matrix.Coordinates(.traffic, .disconnected)
        cell.routing = .tunnel
        cell.target = .local
        #expect(Matrix.traffic(cell, to: Self.lan, Self.facts(sharing: false))?.expectation == .nothing)
        cell.target = .lan
        #expect(Matrix.traffic(cell, to: Self.custom, Self.facts())?.expectation == .nothing, "a lan address that is public")
        cell.target = .tunnel
        #expect(Matrix.traffic(cell, to: Self.custom, Self.facts(falls: true))?.expectation == .outside)
        cell.state = .error
        #expect(Matrix.traffic(cell, to: Self.custom, Self.facts(falls: true))?.expectation == .nothing)
    }

    @Test func everyTrafficCellHasAnExpectation() {
        var count = 0
        for state in Matrix.State.allCases {
            for app in Matrix.App.allCases {
                for target in Matrix.Target.allCases {
                    for routing in Matrix.Routing.allCases {
                        var cell = Matrix.Coordinates(.traffic, state, app)
                        cell.target = target
                        cell.routing = routing
                        #expect(Matrix.traffic(cell, to: Self.lan, Self.facts()) != nil, "\(cell)")
                        count += 1
                    }
                }
            }
        }
        #expect(count == 180)
    }
}
