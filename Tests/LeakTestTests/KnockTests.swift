// SPDX-License-Identifier: MIT
import Glibc
import Testing
import Wire

@testable import LeakTest

/// Packets without a question, questions past the daemon, classes of apps: on real links, as LeakTests.
@Suite(.enabled(if: geteuid() == 0, "needs root: it makes network namespaces and captures packets"), .serialized)
struct KnockTests {
    static var pace: Pace {
        var pace = Pace.quick
        pace.answer = .milliseconds(300)
        return pace
    }

    static func knock(_ address: IPAddress, _ expected: Expectation, _ transports: [Transport] = Transport.allCases) -> Cell {
        Cell(label: "\(expected.rawValue) \(address)", place: .address(address), expected: expected, transports: transports)
    }

    /// Addresses of the stand-in's world: by main's route on eth0, by the mark's absence on lan0, on the tunnel's link.
    static let eth0 = Network.outside.address
    static let lan0 = Network.lan.address
    static let tun0 = Network.tunnel.address

    @Test func packetsToAnAddressAreFoundOnTheLinkTheyTake() async throws {
        let cells = Transport.allCases.flatMap { transport in
            [
                Self.knock(Self.eth0, .outside, [transport]), Self.knock(Self.tun0, .tunnel, [transport]),
                Self.knock(Self.lan0, .lan, [transport]), Self.knock(Network.outside6.address, .outside, [transport]),
                Self.knock(Self.tun0, .notOutside, [transport]),
            ]
        }
        let report = try await LeakTests.report(cells, [:], pace: Self.pace)
        #expect(report.verdict == .clean)
        #expect(report.cells.map(\.seen) == [.outside, .tunnel, .lan, .outside, .tunnel] + [.outside, .tunnel, .lan, .outside, .tunnel])
        // There and back: a refusal by ICMP quotes the payload, a reset has the ports.
        for cell in report.cells { #expect(cell.packets.values.reduce(0, +) == 2, "\(cell.label): \(cell.packets)") }
    }

    @Test(arguments: [(eth0, Expectation.tunnel), (eth0, .nothing), (eth0, .notOutside), (eth0, .lan), (tun0, .outside), (tun0, .nothing)])
    func packetsOnAWrongLinkAreALeakOverEitherTransport(address: IPAddress, expected: Expectation) async throws {
        let report = try await LeakTests.report(
            [Self.knock(address, expected, [.udp]), Self.knock(address, expected, [.tcp])], [:], pace: Self.pace)
        #expect(report.verdict == .leak)
        #expect(report.cells.map(\.verdict) == [.leak, .leak])
        #expect(report.cells.map { $0.leaks.first?.protocol } == ["udp", "tcp"])
        #expect(report.cells.allSatisfy { $0.leaks.contains { $0.direction == .out && $0.name == "\(address)" } })
    }

    @Test func whatIsRejectedHereIsSeenNowhereAndClean() async throws {
        let reject = """
            nft -f - <<'END'
            table inet t {
                chain o {
                    type filter hook output priority 0;
                    ip daddr \(Network.outside.address) udp dport != 53 reject
                    ip daddr \(Network.outside.address) tcp dport != 53 reject with tcp reset
                }
            }
            END
            """
        let report = try await LeakTests.report(
            [Self.knock(Self.eth0, .nothing), Self.knock(Self.eth0, .outside)], [:], pace: Self.pace, before: reject)
        #expect(report.cells.map(\.verdict) == [.clean, .silent])
        #expect(report.verdict == .inconclusive)
    }

    @Test func aQuestionPastTheDaemonIsFoundByItsNameAndByItsFirstPacket() async throws {
        func own(_ port: UInt16, _ transport: Transport) -> Cell {
            var cell = Cell(label: "own \(port)", place: .below("x.example"), expected: .nothing, types: [.a], transports: [transport])
            cell.asked = ServerAddress(Network.outside.address, port: port)
            cell.mustBeAnswered = false
            return cell
        }
        // Nobody listens at 853: the first packet of TCP has no name in it, and leaves all the same.
        let report = try await LeakTests.report([own(53, .udp), own(53, .tcp), own(853, .udp), own(853, .tcp)], [:], pace: Self.pace)
        #expect(report.cells.map(\.verdict) == [.leak, .leak, .leak, .leak])
        #expect(report.cells[3].leaks.first?.port == 853)
    }

    @Test func everyQuestionMustBeSeenWhereACellSaysSo() async throws {
        var cell = LeakTests.cell("corp.example", .tunnel)
        cell.everyQuestion = true
        let table: [String: Handling] = ["corp.example": .forwardA(Network.tunnel, "tun0")]
        let report = try await LeakTests.report([cell], table)
        #expect(report.cells.map(\.verdict) == [.silent], "AAAA was answered here")
    }

    @Test func anAnswerTheMatrixDoesNotHaveIsNotClean() async throws {
        var cells = [LeakTests.cell("a.example", .nothing), LeakTests.cell("b.example", .nothing)]
        cells[0].rcodes = ["NXDOMAIN"]
        cells[1].rcodes = ["SERVFAIL"]
        let report = try await LeakTests.report(cells, ["a.example": .refuse, "b.example": .refuse])
        #expect(report.cells.map(\.verdict) == [.misanswered, .clean])
        #expect(report.verdict == .inconclusive)
    }

    @Test func oneSeedAsksTheSameNamesAgain() async throws {
        let seed = try LeakRun.Seed()
        let plan = LeakPlan(
            listener: LeakTests.listener, tunnelLinks: ["tun0"], cells: [LeakTests.cell("corp.example", .tunnel)], controls: [])
        let names = try await onOwnThread {
            try withStandIn(LeakTests.table) {
                try [seed, seed, nil].map { try LeakRun(plan, seed: $0).run().cells[0].answers.map(\.name) }
            }
        }
        #expect(names[0] == names[1])
        #expect(Set(names[0]).isDisjoint(with: names[2]))
    }

    /// The kernel agrees that the sockets are of the group: it drops what they send.
    @Test func anAppOfAClassAsksFromItsGroup() async throws {
        let real = try #require(AppGroups())
        let mount = try #require(AppGroups.text("/proc/self/mountinfo").flatMap { AppGroups.mount(in: $0) })
        let base = mount.place + "/sluice-leaktest-knock-\(getpid())"
        for folder in [base, base + "/outside", base + "/tunnel"] { #expect(unsafe mkdir(folder, 0o755) == 0) }
        defer {
            for folder in [base + "/outside", base + "/tunnel", base] {
                for _ in 0..<500 where unsafe rmdir(folder) != 0 { usleep(10_000) }
            }
        }
        // nft finds groups from /sys/fs/cgroup.
        let path = (base + "/outside").dropFirst("/sys/fs/cgroup/".count)
        let drop = """
            nft add table inet t
            nft add chain inet t o '{ type filter hook output priority 0; }'
            nft add rule inet t o socket cgroupv2 level 2 '"\(path)"' udp dport 53 drop
            """
        var cells = Matrix.App.allCases.map { app in
            var cell = LeakTests.cell("corp.example", .tunnel)
            cell.transports = [.udp]
            cell.app = app
            return cell
        }
        cells[1].label = "excluded"
        var plan = LeakPlan(listener: LeakTests.listener, tunnelLinks: ["tun0"], cells: cells, controls: LeakTests.controls)
        plan.groups = AppGroups(base: base, home: real.home)
        let asked = plan
        let report = try await onOwnThread {
            try withStandIn(LeakTests.table) {
                try shell(drop)
                return try LeakRun(asked, pace: Self.pace).run()
            }
        }
        #expect(report.cells.map(\.verdict) == [.clean, .unanswered, .clean], "\(report.text(color: false))")
    }
}
