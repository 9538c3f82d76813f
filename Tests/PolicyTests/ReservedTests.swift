// SPDX-License-Identifier: MIT
import Policy
import Rules
import Testing
import Wire
import Workbench

@Suite struct ReservedTests {
    private static let world = World.circumstances(.standard, .connected)

    @Test func reservedNamesAreDecidedAsTheFixtureSays() throws {
        let lines = Fixture.lines("policy/reserved.txt")
        for line in lines {
            let words = line.words
            let question = Question(
                name: try #require(Name(words[0]), "\(line)"), type: try #require(RecordType(words[1]), "\(line)"))
            let decision = Self.world.decide(question, rule: nil, app: .normal)
            switch words[2] {
            case "loopback": #expect(decision == Decision(.local(.loopback), .reserved), "\(line)")
            case "nodata": #expect(decision == Decision(.local(.noData), .reserved), "\(line)")
            case "nxdomain": #expect(decision == Decision(.local(.noSuchName), .reserved), "\(line)")
            case "lan":
                #expect(decision.words == "lan@192.168.1.1:53", "\(line)")
                #expect(decision.reason == .reserved, "\(line)")
                var alone = Self.world
                alone.systemServers = World.servers("198.51.100.53")
                #expect(alone.decide(question, rule: nil, app: .normal) == Decision(.local(.noSuchName), .reserved), "\(line)")
            case "ordinary":
                #expect(decision.words == "tunnel@10.64.0.1:53", "\(line)")
                #expect(decision.reason == .setting, "\(line)")
            default: Issue.record("\(line): unknown outcome")
            }
        }
        #expect(lines.count == 102)
    }

    @Test(arguments: App.allCases, TunnelState.allCases)
    func namesOfThisMachineNeverLeaveIt(_ app: App, _ state: TunnelState) throws {
        for line in Fixture.lines("policy/reserved.txt") where ["loopback", "nodata", "nxdomain"].contains(line.words[2]) {
            let name = try #require(Name(line.words[0]))
            let question = Question(name: name, type: try #require(RecordType(line.words[1])))
            for profile in Profile.allCases {
                var world = World.circumstances(.system, state)
                world.profile = profile
                #expect(world.decide(question, rule: nil, app: app).asks.isEmpty, "\(line)")
            }
        }
    }

    @Test func aRuleSwitchesTheCanaryOff() {
        let question = Question(name: .of("use-application-dns.net"), type: .a)
        let decision = Self.world.decide(question, rule: World.rule("direct use-application-dns.net"), app: .normal)
        #expect(decision.asks == World.system.map { Ask(.outside, $0) })
    }

    @Test func aRuleDoesNotTakeLocalhostOffTheMachine() {
        for text in ["tunnel localhost", "direct onion", "direct resolver.arpa"] {
            let rule = World.rule(text)
            let name = Name(text.split(separator: " ")[1]) ?? .root
            #expect(Self.world.decide(Question(name: name, type: .a), rule: rule, app: .normal).reason == .reserved)
        }
    }

    @Test func aRuleSaysWhereLocalNamesGo() {
        let question = Question(name: .of("intranet"), type: .a)
        #expect(Self.world.decide(question, rule: World.rule("tunnel intranet"), app: .normal).words == "tunnel@10.64.0.1:53")
        let zone = Question(name: .of("5.0.20.10.in-addr.arpa"), type: .ptr)
        #expect(Self.world.decide(zone, rule: World.rule("tunnel 10.20.0.0/16"), app: .normal).words == "tunnel@10.64.0.1:53")
    }

    @Test func mobileExcludedAppsAskTheSystemForLocalNamesToo() {
        var world = Self.world
        world.profile = .mobile
        let question = Question(name: .of("nas.home.arpa"), type: .a)
        #expect(world.decide(question, rule: nil, app: .excluded).asks == World.system.map { Ask(.outside, $0) })
    }

    @Test func wholeReverseNamesAreHostsAndShorterOnesNetworks() throws {
        #expect(Reserved.network(of: .of("5.0.20.10.in-addr.arpa")) == Network("10.20.0.5"))
        #expect(Reserved.network(of: .of("20.10.in-addr.arpa")) == Network("10.20.0.0/16"))
        #expect(Reserved.network(of: .of("8.b.d.0.1.0.0.2.ip6.arpa")) == Network("2001:db8::/32"))
        #expect(Reserved.network(of: .of("in-addr.arpa")) == nil)
        #expect(Reserved.network(of: .of("10.in-addr.arpa.example")) == nil)
        var random = SeededRandom(seed: 6303)
        for _ in 0..<1000 {
            let four = IPAddress.v4(UInt32.random(in: 0...(.max), using: &random))
            let six = IPAddress.v6(high: random.next(), low: random.next())
            let name4 = four.bytes.reversed().map(String.init).joined(separator: ".") + ".in-addr.arpa"
            let nibbles = six.bytes.reversed().flatMap { [$0 & 15, $0 >> 4] }.map { String($0, radix: 16) }
            for (text, address) in [(name4, four), (nibbles.joined(separator: ".") + ".ip6.arpa", six)] {
                let name = try #require(Name(text))
                #expect(Reserved.network(of: name) == Network(address, length: address.width))
            }
        }
    }
}
