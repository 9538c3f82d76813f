// SPDX-License-Identifier: MIT
import Glibc
import Testing
import Wire

@testable import LeakTest

/// Testing has a type of that name.
typealias Expectation = LeakTest.Expectation

/// Real links, real packets: the judge in a network namespace of its own, with a stand-in for the daemon that leaks when told to.
@Suite(.enabled(if: geteuid() == 0, "needs root: it makes network namespaces and captures packets"), .serialized)
struct LeakTests {
    static let listener = ServerAddress(IPAddress("127.0.0.53")!)
    static let controls = [
        Control(server: Network.marked, mark: 0x0100_0000, side: .tunnel),
        Control(server: Network.outside, mark: 0x0200_0000, side: .outside),
    ]

    static func report(
        _ cells: [Cell], _ table: [String: Handling], controls: [Control] = controls, pace: Pace = .quick, delay: UInt32 = 0,
        before: String? = nil, tunnels: Set<String> = ["tun0"]
    ) async throws -> LeakReport {
        let plan = LeakPlan(listener: listener, tunnelLinks: tunnels, cells: cells, controls: controls)
        let report = try await onOwnThread {
            try withStandIn(table, delay: delay) {
                if let before { try shell(before) }
                return try LeakRun(plan, pace: pace).run()
            }
        }
        print(report.text(color: false))
        return report
    }

    static func cell(_ suffix: String, _ expected: Expectation) -> Cell {
        Cell(label: "\(expected.rawValue) \(suffix)", place: .below(suffix), expected: expected)
    }

    /// Every expectation, both families, both transports upstream; nothing leaks here.
    static let cells = [
        cell("corp.example", .tunnel), cell("tcp.example", .tunnel), cell("video.example", .outside), cell("video6.example", .outside),
        cell("nas.home", .lan), cell("nas6.home", .lan), cell("", .lan), cell("ads.example", .nothing), cell("localhost", .nothing),
        cell("news.example", .outside),
    ]
    static let table: [String: Handling] = [
        "corp.example": .forward(Network.tunnel, "tun0"), "tcp.example": .forward(Network.tunnel, "tun0", .tcp),
        "video.example": .forward(Network.outside, "eth0"), "video6.example": .forward(Network.outside6, "eth0"),
        "nas.home": .forward(Network.lan, "lan0"), "nas6.home": .forward(Network.lan6, "lan0"), "": .forward(Network.lan, "lan0"),
        "news.example": .forward(Network.outside, "eth0", .tcp),
    ]

    @Test func aMachineThatKeepsItsPathsIsClean() async throws {
        let report = try await Self.report(Self.cells, Self.table)
        #expect(report.verdict == .clean && report.verdict.exitCode == 0)
        #expect(report.reasons == [])
        #expect(report.cells.map(\.seen) == [.tunnel, .tunnel, .outside, .outside, .lan, .lan, .lan, .nothing, .nothing, .outside])
        #expect(report.control.map(\.verdict) == [.seen, .seen])
        #expect(report.control.map(\.answer) == ["NXDOMAIN", "NXDOMAIN"])
        #expect(report.interfaces.map(\.name) == ["eth0", "lan0", "lo", "tun0"])
        #expect(report.questions == 40)
        #expect(report.milliseconds < 5000)
        for cell in report.cells where cell.expected != .nothing {
            // Each of four questions goes out and comes back on one link; on lo each packet is seen going and coming.
            let away = cell.packets.filter { $0.key != "lo" }
            #expect(away.count == 1 && away.values.allSatisfy { $0 == 8 }, "\(cell.label): \(cell.packets)")
            #expect(cell.packets["lo", default: 0] == 16, "\(cell.label): \(cell.packets)")
            #expect(cell.answers.allSatisfy { $0.rcode == "NXDOMAIN" && $0.seen })
        }
        for cell in report.cells where cell.expected == .nothing {
            #expect(cell.answers.allSatisfy { $0.rcode == "SERVFAIL" && !$0.seen })
        }
    }

    @Test func aCopyOfATunnelQuestionOutsideIsALeak() async throws {
        var table = Self.table
        table["corp.example"] = .forward([
            Handling.Hop(server: Network.outside, device: "eth0"), Handling.Hop(server: Network.tunnel, device: "tun0"),
        ])
        let report = try await Self.report(Self.cells, table)
        #expect(report.verdict == .leak && report.verdict.exitCode == 2)
        #expect(report.cells.map(\.verdict) == [.leak] + Array(repeating: .clean, count: 9))
        #expect(report.cells[0].seen == .several)
        let out = try #require(report.cells[0].leaks.first)
        #expect(out.interface == "eth0" && out.direction == .out && out.protocol == "udp" && out.port == 53)
        #expect(out.destination == "198.51.100.53" && out.name == report.cells[0].answers[0].name && out.type == "A" && out.packets == 1)
        #expect(report.cells[0].leaks.count == 8, "four questions, there and back")
    }

    @Test func aNameIsFoundOnAnyPortInAnyCaseAndInOtherClothes() async throws {
        // Over UDP to a port nobody uses, upper case, behind bytes that are no DNS header.
        let strange = ServerAddress(Network.outside.address, port: 9999)
        let table: [String: Handling] = [
            "corp.example": .forward([
                Handling.Hop(server: strange, device: "eth0") { query in
                    [0xFF, 0x00, 0x17] + query.map { (97...122).contains($0) ? $0 & ~0x20 : $0 }
                }, Handling.Hop(server: Network.tunnel, device: "tun0"),
            ])
        ]
        let report = try await Self.report([Self.cell("corp.example", .tunnel)], table)
        #expect(report.verdict == .leak)
        let leak = try #require(report.cells[0].leaks.first { $0.direction == .out })
        #expect(leak.port == 9999 && leak.name == report.cells[0].answers[0].name)
    }

    @Test func theQuestionIsReadFromTheWireOverTCPToo() async throws {
        // The stand-in asks for MX instead of A and AAAA: the report says what was on the wire.
        let mx: @Sendable ([UInt8]) -> [UInt8] = { $0.dropLast(4) + [0, 15, 0, 1] }
        let hops = Transport.allCases.map { Handling.Hop(server: Network.outside, device: "eth0", transport: $0, disguise: mx) }
        let report = try await Self.report([Self.cell("x.example", .tunnel)], ["x.example": .forward(hops)])
        #expect(report.verdict == .leak)
        #expect(Set(report.cells[0].leaks.map(\.protocol)) == ["udp", "tcp"])
        #expect(report.cells[0].leaks.allSatisfy { $0.type == "MX" })
    }

    @Test(arguments: [
        (Expectation.nothing, Handling.forward(Network.tunnel, "tun0")), (.nothing, .forward(Network.lan, "lan0")),
        (.outside, .forward(Network.tunnel, "tun0")), (.tunnel, .forward(Network.lan6, "lan0")), (.lan, .forward(Network.outside, "eth0")),
        (.lan, .forward(Network.outside6, "eth0", .tcp)), (.lan, .forward(Network.tunnel, "tun0")),
    ])
    func aPacketOnAWrongLinkIsALeak(expected: Expectation, handling: Handling) async throws {
        let report = try await Self.report([Self.cell("x.example", expected)], ["x.example": handling])
        #expect(report.verdict == .leak)
        #expect(report.cells.map(\.verdict) == [.leak])
    }

    @Test func withoutAControlNothingIsProven() async throws {
        let report = try await Self.report(Self.cells, Self.table, controls: [])
        #expect(report.verdict == .inconclusive && report.verdict.exitCode == 5)
        #expect(report.cells.allSatisfy { $0.verdict == .clean })
    }

    @Test func aControlThatIsNotSeenProvesNothing() async throws {
        let nowhere = Control(server: ServerAddress(IPAddress("10.64.0.77")!), mark: 0, side: .tunnel)
        let report = try await Self.report([Self.cell("ads.example", .nothing)], [:], controls: [nowhere, Self.controls[1]])
        #expect(report.verdict == .inconclusive)
        #expect(report.control.map(\.verdict) == [.unseen, .seen])
    }

    @Test func aMarkedControlOnTheWrongLinkIsALeak() async throws {
        let report = try await Self.report(
            [Self.cell("ads.example", .nothing)], [:], before: "ip rule del fwmark 0x01000000/0xff000000 lookup 100")
        #expect(report.verdict == .leak)
        #expect(report.control.map(\.verdict) == [.leak, .seen])
        #expect(report.control[0].leaks.first?.interface == "eth0")
    }

    @Test func aLateAnswerToAControlMakesNoLeakOfOurOwn() async throws {
        // After 400 ms the test has stopped waiting; were the socket closed, the kernel's ICMP error would carry the name out by eth0.
        let report = try await Self.report([Self.cell("ads.example", .nothing)], [:], delay: 400)
        #expect(report.control.map(\.answer) == ["no answer", "no answer"])
        #expect(report.control[0].packets == ["tun0": 2], "there and back within the settling time")
        #expect(report.verdict == .clean)
    }

    @Test func lostPacketsProveNothing() async throws {
        var pace = Pace.quick
        pace.receiveBuffer = 0
        let report = try await Self.report(Self.cells, Self.table, pace: pace)
        #expect(report.lost > 0)
        #expect(report.verdict == .inconclusive)
    }

    @Test func aCellNobodySawIsSilentAndOneNobodyAnsweredIsUnanswered() async throws {
        var pace = Pace.quick
        pace.answer = .milliseconds(300)
        let report = try await Self.report(
            [Self.cell("a.example", .tunnel), Self.cell("b.example", .nothing), Self.cell("corp.example", .tunnel)],
            ["a.example": .refuse, "b.example": .ignore, "corp.example": .forward(Network.tunnel, "tun0")], pace: pace)
        #expect(report.verdict == .inconclusive)
        #expect(report.cells.map(\.verdict) == [.silent, .unanswered, .clean])
    }

    @Test func aPacketThatLeavesAfterTheLastAnswerIsFound() async throws {
        let report = try await Self.report([Self.cell("x.example", .nothing)], ["x.example": .forwardLate(Network.outside, "eth0")])
        #expect(report.verdict == .leak)
        #expect(report.cells[0].answers.allSatisfy { $0.rcode == "SERVFAIL" })
    }

    @Test func anAnswerToAnotherQuestionIsNone() async throws {
        var pace = Pace.quick
        pace.answer = .milliseconds(300)
        let report = try await Self.report([Self.cell("x.example", .nothing)], ["x.example": .misanswer], pace: pace)
        #expect(report.verdict == .inconclusive)
        #expect(report.cells.map(\.verdict) == [.unanswered])
    }

    @Test func aQuestionThatIsAnsweredHereDoesNotSpoilItsCell() async throws {
        // As AAAA of a tunnel without IPv6: one type is seen, the other is answered at once.
        let report = try await Self.report([Self.cell("corp.example", .tunnel)], ["corp.example": .forwardA(Network.tunnel, "tun0")])
        #expect(report.verdict == .clean)
        #expect(report.cells[0].answers.map(\.seen) == [true, true, false, false])
    }

    @Test func aRuleForOneNameIsLeftOutAndSaid() async throws {
        let exact = Cell(label: "tunnel =vpn.example", place: .exactly("vpn.example"), expected: .tunnel)
        let long = Self.cell(Array(repeating: String(repeating: "a", count: 60), count: 4).joined(separator: "."), .tunnel)
        let report = try await Self.report([exact, long, Self.cell("corp.example", .tunnel)], Self.table)
        #expect(report.verdict == .clean)
        #expect(report.leftOut.map(\.label) == [exact.label, long.label])
        #expect(report.cells.map(\.label) == ["tunnel corp.example"])
    }

    @Test func packetsOfADeviceWithoutLinkHeaderAreSeen() async throws {
        // As wireguard-go makes it: ARPHRD_NONE, the packet begins with IP.
        let server = ServerAddress(IPAddress("10.99.0.1")!)
        let plan = LeakPlan(
            listener: Self.listener, tunnelLinks: ["tun0", "tun9"],
            cells: [Self.cell("corp.example", .tunnel), Self.cell("x.example", .outside)],
            controls: [Control(server: server, mark: 0, side: .tunnel)])
        let report = try await onOwnThread {
            try withStandIn(["corp.example": .forward(server, "tun9"), "x.example": .forward(server, "tun9")]) {
                let device = try TunDevice(named: "tun9")
                defer { device.stop() }
                try shell("ip address add 10.99.0.2/24 dev tun9; ip link set tun9 up")
                return try LeakRun(plan).run()
            }
        }
        #expect(report.control.map(\.verdict) == [.seen])
        #expect(report.cells.map(\.verdict) == [.clean, .leak])
        #expect(report.cells[0].packets == ["lo": 16, "tun9": 8])
        #expect(report.cells[1].leaks.first?.destination == "10.99.0.1")
        #expect(report.cells[1].leaks.first?.type == "A")
    }

    @Test func aTunnelThatDoesNotEncryptIsALeak() async throws {
        // VXLAN carries the question in the clear: seen on the tunnel's link, as it must, and on eth0 in a datagram to port 4789.
        let far = ServerAddress(IPAddress("10.98.0.1")!)
        var pace = Pace.quick
        pace.answer = .milliseconds(500)
        let report = try await Self.report(
            [Self.cell("corp.example", .tunnel)], ["corp.example": .forward(far, "vx0")], pace: pace,
            before: """
                ip link add vx0 type vxlan id 7 local 198.51.100.2 remote 198.51.100.53 dstport 4789 dev eth0
                ip address add 10.98.0.2/24 dev vx0
                ip link set vx0 up
                ip neighbour add 10.98.0.1 lladdr 02:00:00:00:00:01 dev vx0 nud permanent
                """,
            tunnels: ["tun0", "vx0"])
        #expect(report.verdict == .leak)
        #expect(report.cells[0].seen == .several)
        let leak = try #require(report.cells[0].leaks.first { $0.protocol == "udp" })
        #expect(leak.interface == "eth0" && leak.port == 4789 && leak.destination == "198.51.100.53")
    }

    @Test func withNobodyListeningNothingIsProven() async throws {
        let plan = LeakPlan(
            listener: ServerAddress(IPAddress("127.0.0.54")!), tunnelLinks: ["tun0"], cells: [Self.cell("ads.example", .nothing)],
            controls: Self.controls)
        let report = try await onOwnThread { try withStandIn([:]) { try LeakRun(plan).run() } }
        #expect(report.verdict == .inconclusive)
        #expect(report.cells.map(\.verdict) == [.unanswered])
    }
}
