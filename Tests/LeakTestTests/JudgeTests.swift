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
        (.nothing, .unknown, .wrong), (.tunnel, .loopback, .indifferent), (.outside, .loopback, .indifferent),
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

    @Test(.enabled(if: geteuid() != 0, "runs without root only: it shows what others are told"))
    func withoutRootItSaysSo() {
        let plan = LeakPlan(listener: ServerAddress(IPAddress("127.0.0.53")!), tunnelLinks: [], cells: [], controls: [])
        #expect(throws: LeakError.notPermitted("capturing packets takes root or CAP_NET_RAW")) { try LeakRun(plan).run() }
    }
}
