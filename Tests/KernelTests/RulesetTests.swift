// SPDX-License-Identifier: MIT
import Glibc
import Policy
import Rules
import Steering
import Testing
import Wire

@testable import Kernel

/// The table's text, compared byte for byte with Fixtures/ruleset/*.nft. SLUICE_WRITE_FIXTURES=1 writes them anew, to be read in the diff.
@Suite struct RulesetTests {
    static let plans: [(name: String, plan: RulesetPlan)] = [
        ("direct", RulesetPlan(nodes: ["wg1"])),
        (
            "tunnel",
            RulesetPlan(
                routingDefault: .tunnel, lanSharing: false, tunnelRulesWhenDisconnectedSystem: true, foreign: .allow, cgnatIsPrivate: true,
                networks: [
                    .init(first: .v4(0x0A14_0000), last: .v4(0x0A14_FFFF), action: .tunnel),
                    .init(first: .v4(0x0A15_0000), last: .v4(0x0A15_0000), action: .tunnel),
                    .init(first: .v4(0x0A16_0000), last: .v4(0x0A16_FFFF), action: .tunnel, Handling(node: 1, trafficClass: 1)),
                    .init(first: .v4(0xC000_0200), last: .v4(0xC000_02FF), action: .block),
                    .init(
                        first: .v6(high: 0x2001_0DB8_0000_0000, low: 0), last: .v6(high: 0x2001_0DB8_0000_0000, low: .max), action: .direct),
                ], learnedSize: 1024, nodes: ["wg1", "wg2"],
                trafficClasses: [
                    TrafficClass(dscp: 46, priority: PacketPriority("1:1f")), TrafficClass(dscp: nil, priority: PacketPriority("6")),
                ], usedClasses: [1])
        ),
        (
            "apps",
            RulesetPlan(
                foreign: .capture,
                apps: .init(
                    level: 2, listen: ["127.0.0.53", "[::]:53"].compactMap { ServerAddress($0) },
                    excluded: ["127.0.0.53:40001", "[::1]:40002"].compactMap { ServerAddress($0) },
                    tunneled: ["127.0.0.53:40003", "[::1]:40004"].compactMap { ServerAddress($0) }, excludedAskOthers: false),
                capture: 40005)
        ),
    ]

    @Test(arguments: 0..<3) func textIsAsReviewed(_ index: Int) throws {
        let (name, plan) = Self.plans[index]
        #expect(try fixture("\(name).nft", orWrite: plan.text()) == plan.text())
    }

    @Test(.enabled(if: isRoot, "needs root: makes a network namespace"), arguments: 0..<3)
    func kernelTakesTheTableAndGivesItBack(_ index: Int) throws {
        let plan = Self.plans[index].plan
        let room = try Room()
        try room.run {
            let nftables = try Nftables()
            #expect(try nftables.list() == nil)
            try nftables.load(plan)
            let first = try nftables.list() ?? ""
            let named = Node.first(plan.nodes.count).map { SetName.named($0, .v6) }
            for set in SetName.always + named + plan.trafficClasses.indices.map({ SetName.classed(.lan, .v4, $0) }) {
                #expect(first.contains("\tset \(set.rawValue) {") || first.contains("\tmap \(set.rawValue) {"))
            }
            // As the kernel gives it back it is a ruleset again, and the same.
            try nftables.load("delete table inet sluice\n" + first)
            #expect(try nftables.list() == first)
            // A refused replacement changes nothing.
            #expect(throws: KernelError.self) { try nftables.load(plan.replacement(with: []) + "add rule inet sluice none accept\n") }
            #expect(try nftables.list() == first)
            try nftables.remove()
            try nftables.remove()
            #expect(try nftables.list() == nil)
        }
    }

    @Test(.enabled(if: isRoot, "needs root: makes a network namespace")) func everyKindOfElementComesWithTheTable() throws {
        let elements = ElementTests.oneOfEach
        try Room().run {
            let nftables = try Nftables()
            try nftables.load(ElementTests.plan, elements: [])
            var writer = try SetWriter()
            for element in elements { #expect(try !writer.contains(element), "\(element)") }
            try nftables.load(ElementTests.plan, elements: elements)
            let groups = elements.filter(\.isUnwritable)
            #expect(groups.count == 2)
            for element in groups { #expect(try !writer.contains(element)) }
            #expect(try writer.commit(groups.map { ElementChange(.add, $0) }).isEmpty)
            for element in elements { #expect(try writer.contains(element), "\(element)") }
            // What netlink and nft call the same is the same.
            #expect(try writer.commit(elements.map { ElementChange(.remove, $0) }) == [])
            for element in elements { #expect(try !writer.contains(element), "\(element)") }
            #expect(try writer.commit(elements.map { ElementChange(.add, $0) }) == [])
            let text = try nftables.list() ?? ""
            for element in elements where element.seconds == nil && !element.isUnwritable {
                #expect(text.contains(element.description), "\(element)")
            }
        }
    }
}
