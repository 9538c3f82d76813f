// SPDX-License-Identifier: MIT
import Glibc
import Testing
import Wire

@testable import LeakTest

@Suite struct JudgeTests {
    static func judge(_ sightings: [Sighting: Int] = [:], cgnat: Bool = false) -> Judge {
        let listener = ServerAddress(IPAddress("127.0.0.53")!)
        return Judge(
            plan: LeakPlan(listener: listener, tunnelLinks: [], cells: [], controls: [], cgnatIsPrivate: cgnat), questions: [], leftOut: [],
            outcomes: [:], sightings: sightings, unplaced: 0, lost: 0, interfaces: [], duration: .zero)
    }

    static func sighting(_ kind: Link.Kind, out: Bool = true, peer: String? = "192.168.1.1", protocolName: String? = "udp") -> Sighting {
        let (near, far) = (IPAddress("203.0.113.7")!, peer.flatMap { IPAddress($0) })
        return Sighting(
            question: 0, link: Link(name: "x", kind: kind), isOutgoing: out, source: out ? near : far, destination: out ? far : near,
            protocolName: protocolName, port: 53, name: nil, type: nil)
    }

    /// The whole table: what a packet on a link says about an expectation.
    @Test(arguments: [
        (Expectation.tunnel, Link.Kind.tunnel, Judge.Fit.right), (.tunnel, .outside, .wrong), (.tunnel, .unknown, .unclear),
        (.outside, .outside, .right), (.outside, .tunnel, .wrong), (.outside, .unknown, .unclear), (.lan, .outside, .right),
        (.lan, .tunnel, .wrong), (.lan, .unknown, .unclear), (.nothing, .tunnel, .wrong), (.nothing, .outside, .wrong),
        (.nothing, .unknown, .wrong), (.notOutside, .tunnel, .right), (.notOutside, .outside, .wrong), (.notOutside, .unknown, .unclear),
        (.notOutside, .loopback, .indifferent), (.tunnel, .loopback, .indifferent), (.outside, .loopback, .indifferent),
        (.lan, .loopback, .indifferent), (.nothing, .loopback, .indifferent),
    ])
    func everyLinkFitsAsTheTableSays(expected: Expectation, kind: Link.Kind, fit: Judge.Fit) {
        #expect(Self.judge().fit(Self.sighting(kind), expected) == fit)
        #expect(Self.judge().fit(Self.sighting(kind, out: false), expected) == fit)
    }

    @Test(arguments: [
        ("10.0.0.1", true), ("172.16.0.1", true), ("172.31.255.255", true), ("172.32.0.0", false), ("192.168.0.1", true),
        ("192.169.0.0", false), ("169.254.1.1", true), ("127.0.0.1", true), ("9.255.255.255", false), ("11.0.0.0", false),
        ("100.64.0.1", false), ("224.0.0.251", false), ("8.8.8.8", false), ("fe80::1", true), ("febf::1", true), ("fec0::1", false),
        ("fc00::1", true), ("fdff::1", true), ("fe00::1", false), ("2001:db8::1", false), ("::1", true), ("::2", false),
        ("ff02::fb", false),
        ("::ffff:10.0.0.1", true), ("::ffff:8.8.8.8", false),
    ])
    func lanIsPrivateAddressesOnly(peer: String, isPrivate: Bool) {
        for out in [true, false] {
            #expect(Self.judge().fit(Self.sighting(.outside, out: out, peer: peer), .lan) == (isPrivate ? .right : .wrong))
        }
    }

    @Test func sharedAddressSpaceIsPrivateOnlyOnRequest() {
        for (peer, isShared) in [("100.63.255.255", false), ("100.64.0.0", true), ("100.127.255.255", true), ("100.128.0.0", false)] {
            #expect(Self.judge(cgnat: true).fit(Self.sighting(.outside, peer: peer), .lan) == (isShared ? .right : .wrong))
            #expect(Self.judge().fit(Self.sighting(.outside, peer: peer), .lan) == .wrong)
        }
    }

    @Test func anErrorFromARouterOnTheWayIsNoLeakOfALanName() {
        let judge = Self.judge()
        #expect(judge.fit(Self.sighting(.outside, out: false, peer: "9.9.9.9", protocolName: "icmp"), .lan) == .indifferent)
        #expect(judge.fit(Self.sighting(.outside, out: true, peer: "9.9.9.9", protocolName: "icmp"), .lan) == .wrong)
        #expect(judge.fit(Self.sighting(.outside, peer: nil, protocolName: nil), .lan) == .unclear)
    }

    @Test func aNumberNobodyWasGivenIsToldAndNotClean() {
        let report = Self.judge([Self.sighting(.outside): 3]).report
        #expect(report.verdict == .inconclusive)
        #expect(report.reasons.contains("3 packets of this run belong to no question of it"))
    }

    @Test func verdictsHaveTheContractsExitCodes() {
        #expect([LeakReport.Verdict.clean, .leak, .inconclusive].map(\.exitCode) == [0, 2, 5])
        #expect([LeakReport.Verdict.clean, .leak, .inconclusive].map(\.rawValue) == ["clean", "leak", "inconclusive"])
    }

    @Test func colourOnlyRepeatsWhatAWordSays() {
        let report = Self.judge([Self.sighting(.outside): 3]).report
        let painted = report.text(color: true)
        #expect(painted.contains("\u{1B}["))
        #expect(painted.replacing(/\u{1B}\[[0-9]*m/, with: "") == report.text(color: false))
    }

    @Test func onTheRightLinkToTheWrongServerIsALeak() {
        var cell = Cell(label: "x", place: .below("example"), expected: .outside)
        #expect(Self.judge().fit(Self.sighting(.outside, peer: "9.9.9.9"), cell) == .right)
        cell.servers = [IPAddress("192.168.1.1")!]
        #expect(Self.judge().fit(Self.sighting(.outside, peer: "192.168.1.1"), cell) == .right)
        #expect(Self.judge().fit(Self.sighting(.outside, peer: "9.9.9.9"), cell) == .wrong)
        #expect(Self.judge().fit(Self.sighting(.outside, out: false, peer: "9.9.9.9"), cell) == .wrong)
        #expect(Self.judge().fit(Self.sighting(.outside, peer: nil), cell) == .right, "whom it was for cannot be read")
        #expect(Self.judge().fit(Self.sighting(.tunnel, peer: "192.168.1.1"), cell) == .wrong)
    }

    @Test func oneLeakOrOneDoubtIsThatOfAllRunsTogether() {
        let clean = LeakReport(
            verdict: .clean, reasons: [], cells: [], control: [], leftOut: [], interfaces: [Link(name: "eth0", kind: .outside)], lost: 0,
            questions: 3, milliseconds: 1)
        let doubt = LeakReport(
            verdict: .inconclusive, reasons: ["a"], cells: [], control: [], leftOut: [], interfaces: [Link(name: "eth0", kind: .outside)],
            lost: 2, questions: 4, milliseconds: 1)
        let leak = LeakReport(
            verdict: .leak, reasons: ["b"], cells: [], control: [], leftOut: [], interfaces: [Link(name: "wg0", kind: .tunnel)], lost: 0,
            questions: 5, milliseconds: 1)
        func merged(_ reports: [LeakReport], _ failures: [String] = []) -> LeakReport {
            LeakReport.merged(reports, failures: failures, leftOut: [], milliseconds: 9)
        }
        #expect(merged([clean, clean]).verdict == .clean)
        #expect(merged([clean, doubt]).verdict == .inconclusive)
        #expect(merged([clean, doubt, leak]).verdict == .leak)
        #expect(merged([clean], ["not tried"]).verdict == .inconclusive)
        #expect(merged([]).verdict == .inconclusive, "nothing was tried")
        let all = merged([clean, doubt, leak])
        #expect(all.questions == 12 && all.lost == 2 && all.reasons == ["a", "b"] && all.interfaces.map(\.name) == ["eth0", "wg0"])
    }

    @Test(.enabled(if: geteuid() != 0, "runs without root only: it shows what others are told"))
    func withoutRootItSaysSo() {
        let plan = LeakPlan(listener: ServerAddress(IPAddress("127.0.0.53")!), tunnelLinks: [], cells: [], controls: [])
        #expect(throws: LeakError.notPermitted("capturing packets takes root or CAP_NET_RAW")) { try LeakRun(plan).run() }
    }
}
