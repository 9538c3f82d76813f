// SPDX-License-Identifier: MIT
import Glibc
import Policy
import Rules
import Steering
import Testing
import Wire

@testable import Kernel

@Suite(.serialized) struct ElementTests {
    static let oneOfEach: [SetElement] =
        [
            .learned(.tunnel, IPAddress("192.0.2.255")!), .learned(.tunnel, IPAddress("2001:db8::ffff")!),
            .learned(.direct, IPAddress("192.0.2.8")!, seconds: 300), .learned(.direct, IPAddress("2001:db8::8")!, seconds: 300),
            .learned(.lan, IPAddress("10.0.0.9")!, seconds: 300), .learned(.lan, IPAddress("fd00::9")!, seconds: 300),
            .named(IPAddress("192.0.2.255")!, Node(1)!), .named(IPAddress("2001:db8::ffff")!, Node(9)!),
            .classed(.tunnel, IPAddress("192.0.2.255")!, trafficClass: 0), .classed(.lan, IPAddress("fd00::9")!, trafficClass: 1),
            .tunnelEnter(.v4, .node(Node(0)!)), .tunnelEnter(.v6, .spread), .balance(.v4, slot: 0, Node(0)!),
            .balance(.v6, slot: 63, Node(9)!),
            .ownFlows(.v4), .ownFlows(.v6), .outsideOpen(.v4), .tunnelUnwanted(.v6), .tunnelOwn(IPAddress("10.64.1.2")!),
            .tunnelOwn(IPAddress("fd00:64::2")!), .foreignMark(0xCA6C), .resolver(IPAddress("198.51.100.53")!, port: 53, .outside),
            .resolver(IPAddress("2001:db8::53")!, port: 853, .tunnel), .endpoint(IPAddress("203.0.113.130")!, port: 51820),
            .endpoint(IPAddress("2001:db8::130")!, port: 51820), .listening(22), .tunnelSource("office", IPAddress("10.64.1.2")!),
            .tunnelSource("a-name-of-15-by", IPAddress("fd00:64::2")!),
            .group(1, path: "/elsewhere/sluice/outside", of: .excluded)!,
            .group(1, path: "/elsewhere/sluice/tunnel", of: .tunneled)!,
        ] + SetElement.tunnelLink("office") + SetElement.flows(of: Node(1)!, .v4) + SetElement.flows(of: Node(9)!, .v6)

    /// A plan with the chains that they name.
    static let plan = RulesetPlan(
        nodes: Node.first(Node.most).map { "tun\($0.number)" }, namesTunnels: true,
        trafficClasses: [TrafficClass(dscp: 46), TrafficClass(dscp: 8)])

    /// Fixtures/ruleset/batch.hex: bytes in hexadecimal, notes behind `#`. Little-endian machines only.
    @Test func batchIsAsReviewed() throws {
        let changes = [
            ElementChange(.add, .learned(.tunnel, IPAddress("192.0.2.7")!)),
            ElementChange(.add, .learned(.direct, IPAddress("2001:db8::7")!, seconds: 300)),
            ElementChange(.remove, .resolver(IPAddress("198.51.100.53")!, port: 53, .outside)),
        ]
        let bytes = NftBatch(changes[...], sequence: 1).buffer.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        let text = try fixture("batch.hex", orWrite: nil)
        let expected = text.split(separator: "\n").flatMap { $0.prefix { $0 != "#" }.split(separator: " ") }.map(String.init)
        #expect(expected.count == 444)
        #expect(bytes.joined(separator: " ") == expected.joined(separator: " "))
    }

    /// Where the kernel renews in place, one message with timeout and expiration (attributes 4 and 5) does it.
    @Test func aRenewalInPlaceIsOneMessage() {
        let change = ElementChange(.add, .learned(.direct, IPAddress("192.0.2.8")!, seconds: 300))
        let one = NetlinkMessage.all(in: NftBatch([change][...], renewal: .inPlace, sequence: 1).buffer.bytes, count: 4096)
        #expect(one.map(\.type) == [0x0010, NftBatch.newElement, 0x0011])
        #expect(NftBatch.timeLeft(in: one[1]) == 300_000)
        let three = NetlinkMessage.all(in: NftBatch([change][...], renewal: .replacing, sequence: 1).buffer.bytes, count: 4096)
        #expect(three.map(\.type) == [0x0010, NftBatch.newElement, NftBatch.deleteElement, NftBatch.newElement, 0x0011])
        #expect(NftBatch.timeLeft(in: three[1]) == nil)
    }

    @Test func malformedMessagesEndTheReading() {
        for count in 0..<64 {
            var bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37) }
            _ = NetlinkMessage.all(in: bytes, count: 4096)
            bytes = Array(repeating: 0xFF, count: count)
            for message in NetlinkMessage.all(in: bytes, count: count) { _ = message.attributes(skipping: 12) }
            let message = NetlinkMessage(type: 24, flags: 0, sequence: 0, payload: bytes)
            _ = (Route(message), RoutingRule(message), Link(message), LinkAddress(message))
        }
    }
}

@Suite(.serialized, .enabled(if: isRoot, "needs root: makes network namespaces")) struct SetWriterTests {
    private func withTable(_ plan: RulesetPlan = .init(), _ body: (inout SetWriter) throws -> Void) throws {
        try Room().run {
            try Nftables().load(plan)
            var writer = try SetWriter()
            try body(&writer)
        }
    }

    private func address(_ number: Int) -> IPAddress { .v4(0xC000_0000 + UInt32(number)) }

    @Test func learnedAddressesAreThereWhenCommitReturns() throws {
        try withTable { (writer: inout SetWriter) throws in
            let changes = [
                SetChange(.tunnel, IPAddress("192.0.2.7")!, .add(seconds: nil)),
                SetChange(.tunnel, IPAddress("2001:db8::7")!, .add(seconds: nil)),
                SetChange(.direct, IPAddress("192.0.2.8")!, .add(seconds: 60)), SetChange(.lan, IPAddress("10.0.0.8")!, .add(seconds: 60)),
            ]
            for _ in 0..<2 {
                #expect(try writer.commit(changes) == [])
                for change in changes { #expect(try writer.contains(ElementChange(change).element)) }
            }
            // Only for tunnel is there no end.
            let text = try Nftables().list() ?? ""
            #expect(text.contains("elements = { 192.0.2.7 }"))
            #expect(text.contains("192.0.2.8 timeout 1m"))
            let removals = changes.map { SetChange($0.route, $0.address, .remove) }
            for _ in 0..<2 {
                #expect(try writer.commit(removals) == [])
                for change in changes { #expect(try !writer.contains(ElementChange(change).element)) }
            }
        }
    }

    /// Edge cases 1 and 2: the same timeout again moves the end, the rest of the time too.
    @Test(arguments: [Renewal.inPlace, .replacing])
    func anotherAddMovesTheEnd(_ renewal: Renewal) throws {
        try withTable { (writer: inout SetWriter) throws in
            if renewal == .inPlace, try writer.probe() != .inPlace { return }
            writer = try SetWriter(renewal: renewal)
            let addresses = [IPAddress("192.0.2.255")!, IPAddress("2001:db8::ffff")!, IPAddress("::ffff:192.0.2.1")!]
            let add = { (seconds: UInt32) in addresses.map { SetChange(.direct, $0, .add(seconds: seconds)) } }
            func left() throws -> [UInt64] { try addresses.map { try writer.timeLeft(of: .learned(.direct, $0)) ?? 0 } }
            #expect(try writer.commit(add(100)) == [])
            usleep(300_000)
            var now = try left()
            #expect(now.allSatisfy { (99_000...99_800).contains($0) }, "\(now)")
            #expect(try writer.commit(add(100)) == [])
            now = try left()
            #expect(now.allSatisfy { $0 > 99_800 }, "\(now)")
            #expect(try writer.commit(add(2000)) == [])
            now = try left()
            #expect(now.allSatisfy { $0 > 1_999_000 }, "\(now)")
            #expect(try writer.commit(add(1)) == [])
            usleep(1_200_000)
            for address in addresses { #expect(try !writer.contains(.learned(.direct, address))) }
            // Edge case 4: what has just ended by itself is taken out, and takes nothing along.
            let other = SetChange(.tunnel, address(7), .add(seconds: nil))
            #expect(try writer.commit(addresses.map { SetChange(.direct, $0, .remove) } + [other]) == [])
            #expect(try writer.contains(ElementChange(other).element))
        }
    }

    /// What several answers want is written together: the last word on an address holds, and saying it twice does no harm.
    @Test(arguments: [Renewal.inPlace, .replacing])
    func oneTransactionMaySayAnAddressOften(_ renewal: Renewal) throws {
        try withTable { (writer: inout SetWriter) throws in
            if renewal == .inPlace, try writer.probe() != .inPlace { return }
            writer = try SetWriter(renewal: renewal)
            for (route, seconds) in [(SteeredRoute.tunnel, nil), (.direct, 300), (.lan, 300)] as [(SteeredRoute, UInt32?)] {
                for address in [IPAddress("192.0.2.9")!, IPAddress("2001:db8::9")!] {
                    let element = ElementChange(SetChange(route, address, .remove)).element
                    let (add, remove) = (SetChange(route, address, .add(seconds: seconds)), SetChange(route, address, .remove))
                    #expect(try writer.commit([add, add, remove, add, add]) == [])
                    #expect(try writer.contains(element), "\(route) \(address)")
                    #expect(try writer.commit([add, remove, add, remove]) == [])
                    #expect(try !writer.contains(element), "\(route) \(address)")
                }
            }
        }
    }

    /// The trap that both ways avoid (edge case 1): timeout alone, the same again, moves nothing. And what `probe` finds is what holds here.
    @Test func theProbeFindsWhatTheKernelDoes() throws {
        try withTable { (writer: inout SetWriter) throws in
            let element = SetElement.learned(.direct, address(1), seconds: 100)
            func message(_ expires: Bool) throws {
                var batch = NftBatch(renewal: expires ? .inPlace : .replacing, sequence: writer.socket.nextSequence())
                batch.append(NftBatch.newElement, flags: NetlinkFlag.create) {
                    NftBatch.name(.sluice, .direct4, &$0)
                    NftBatch.list([element], expires: expires, &$0)
                }
                batch.finish()
                #expect(try writer.transact(batch) == nil)
            }
            try message(false)
            usleep(300_000)
            try message(false)
            let kept = try writer.timeLeft(of: element) ?? 0
            #expect(kept < 99_800)
            try message(true)
            let isRenewed = try writer.timeLeft(of: element) ?? 0 > 99_800
            #expect(try writer.probe() == (isRenewed ? .inPlace : .replacing))
            #expect(writer.renewal == (isRenewed ? .inPlace : .replacing))
            let text = try Nftables().list() ?? ""
            #expect(!text.contains("192.0.2.254"), "the probe leaves nothing")
            // An address that somebody owns is left alone.
            let owned = SetElement.learned(.direct, IPAddress("192.0.2.254")!, seconds: 1000)
            #expect(try writer.commit([ElementChange(.add, owned)]) == [])
            try writer.probe()
            let ownedLeft = try writer.timeLeft(of: owned) ?? 0
            #expect(ownedLeft > 900_000)
        }
        try Room().run {
            var writer = try SetWriter()
            #expect(throws: KernelError.missing("set direct4 of table inet sluice")) { try writer.probe() }
        }
    }

    /// A kernel table for 262,144 addresses is not laid out before they come, and holds them when they do.
    @Test func aLargeSetGrowsAsItFills() throws {
        try withTable(.init(learnedSize: 262_144)) { (writer: inout SetWriter) throws in
            let all = (0..<262_144).map { SetChange(.tunnel, address($0), .add(seconds: nil)) }
            #expect(try writer.commit(all) == [])
            #expect(try writer.contains(ElementChange(all[262_143]).element))
            let more = SetChange(.tunnel, address(262_144), .add(seconds: nil))
            #expect(try writer.commit([more]).map(\.error) == [.full("set tunnel4")])
            #expect(try writer.commit(all.map { SetChange(.tunnel, $0.address, .remove) }) == [])
            #expect(try writer.elements(of: .tunnel4) == [])
        }
    }

    @Test func oneRefusedElementDoesNotTakeTheOthersAlong() throws {
        try withTable(.init(learnedSize: 4)) { (writer: inout SetWriter) throws in
            let changes = (0..<6).map { SetChange(.tunnel, address($0), .add(seconds: nil)) }
            let gone = [SetChange(.tunnel, address(99), .remove), SetChange(.direct, address(99), .remove)]
            let refused = try writer.commit(gone + changes)
            #expect(refused.map(\.change) == Array(changes.suffix(2)))
            #expect(refused.allSatisfy { $0.error == .full("set tunnel4") })
            for change in changes.prefix(4) { #expect(try writer.contains(ElementChange(change).element)) }
            // A full set still renews what it has.
            let timed = (0..<4).map { SetChange(.direct, address($0), .add(seconds: 60)) }
            for _ in 0..<3 { #expect(try writer.commit(timed) == []) }
            try writer.flush(.tunnel4)
            #expect(try writer.commit(Array(changes.suffix(4))) == [])
        }
    }

    @Test func aTableThatIsGoneIsSaid() throws {
        try Room().run {
            var writer = try SetWriter()
            let change = SetChange(.tunnel, address(1), .add(seconds: nil))
            let missing = KernelError.missing("set tunnel4 of table inet sluice")
            #expect(throws: missing) { try writer.commit([change]) }
            #expect(throws: missing) { try writer.commit([change, change]) }
            #expect(throws: missing) { try writer.flush(.tunnel4) }
            try Nftables().load(RulesetPlan())
            #expect(try writer.commit([change]) == [])
        }
    }

    @Test func aWholeLedgerGoesInOneBatch() throws {
        try withTable { (writer: inout SetWriter) throws in
            let all = (0..<65536).map { ElementChange(.add, .learned(.tunnel, .v6(high: 0x2001_0DB8_0000_0000, low: UInt64($0)))) }
            let timed = (0..<65536).map {
                ElementChange(.add, .learned(.direct, .v6(high: 0x2001_0DB8_0000_0000, low: UInt64($0)), seconds: 60))
            }
            #expect(try writer.commit(all + timed) == [])
            #expect(try writer.commit(timed) == [])
            #expect(try writer.contains(all[65535].element))
            #expect(try writer.contains(timed[65535].element))
        }
    }

    /// What goes to a chain of its own costs no more beside many: of a map that leads to chains the kernel would walk all of it (0.15 µs each).
    @Test func whatIsHandledOtherwiseIsWrittenInTime() throws {
        try withTable(ElementTests.plan) { (writer: inout SetWriter) throws in
            func median(_ handling: Handling) throws -> Double {
                var times: [Double] = []
                for number in 100_000..<100_100 {
                    let change = SetChange(.tunnel, address(number), .add(seconds: nil), handling)
                    let start = nanoseconds()
                    #expect(try writer.commit([change]) == [])
                    times.append(Double(nanoseconds() - start) / 1000)
                    #expect(try writer.commit([SetChange(.tunnel, address(number), .remove, handling)]) == [])
                }
                return times.sorted()[50]
            }
            let both = Handling(node: 9, trafficClass: 1)
            let alone = try median(both)
            #expect(try writer.commit((0..<20_000).map { SetChange(.tunnel, address($0), .add(seconds: nil), both) }) == [])
            let beside = try median(both)
            print("one with node and class: \(alone) µs, beside 20,000: \(beside) µs; without: \(try median(.usual)) µs")
            #expect(beside < 500)
        }
    }

    /// Node and class, together or each alone: with the address, in one of each at the most, and what is taken out may have gone.
    @Test func anAddressIsHandledOtherwise() throws {
        try withTable(ElementTests.plan) { (writer: inout SetWriter) throws in
            let one = address(1)
            func standing(_ writer: inout SetWriter) throws -> String {
                var text = try writer.contains(.learned(.tunnel, one)) ? "there" : "gone"
                for node in Node.first(4) where try writer.contains(.named(one, node)) { text += " node \(node.number)" }
                for number in 0..<2 where try writer.contains(.classed(.tunnel, one, trafficClass: number)) { text += " class \(number)" }
                return text
            }
            func add(_ handling: Handling, after former: Handling? = nil) -> [SetChange] {
                [SetChange(.tunnel, one, .add(seconds: nil), handling, former: former)]
            }
            let (first, second, third) = (Handling(node: 1), Handling(node: 2, trafficClass: 0), Handling(trafficClass: 1))
            for (changes, expected) in [
                (add(first), "there node 1"), (add(second, after: first), "there node 2 class 0"), (add(second), "there node 2 class 0"),
                (add(third, after: second), "there class 1"), (add(.usual, after: third), "there"), (add(.usual, after: third), "there"),
                (add(second, after: .usual), "there node 2 class 0"), ([SetChange(.tunnel, one, .remove, second)], "gone"),
                ([SetChange(.tunnel, one, .remove, second)], "gone"),
            ] {
                #expect(try writer.commit(changes) == [])
                #expect(try standing(&writer) == expected)
            }
        }
    }

    /// What the kernel refuses of a change, it refuses as a whole; the others of the batch are taken.
    @Test func aRefusedChangeChangesNothing() throws {
        var plan = ElementTests.plan
        plan.learnedSize = 4
        try withTable(plan) { (writer: inout SetWriter) throws in
            let (one, two) = (address(1), address(2))
            #expect(try writer.commit([SetChange(.tunnel, one, .add(seconds: nil), Handling(node: 1))]) == [])
            let others = (10..<14).map { ElementChange(.add, .classed(.tunnel, address($0), trafficClass: 0)) }
            #expect(try writer.commit(others) == [])
            let change = SetChange(.tunnel, one, .add(seconds: nil), Handling(node: 2, trafficClass: 0), former: Handling(node: 1))
            #expect(try writer.commit([change, SetChange(.tunnel, two, .add(seconds: nil))]).map(\.change) == [change])
            #expect(try writer.contains(.named(one, Node(1)!)) && writer.contains(.learned(.tunnel, one)))
            #expect(try !writer.contains(.named(one, Node(2)!)))
            #expect(try writer.contains(.learned(.tunnel, two)))
        }
    }

    /// Beside a foreign interval set of many elements the time of a commit does not change.
    @Test func commitTakesMicroseconds() throws {
        try withTable { (writer: inout SetWriter) throws in
            func median() throws -> Double {
                var times: [Double] = []
                for number in 0..<2000 {
                    let change = [SetChange(.tunnel, address(number), .add(seconds: nil))]
                    let start = nanoseconds()
                    let refused = try writer.commit(change)
                    times.append(Double(nanoseconds() - start) / 1000)
                    #expect(refused.isEmpty)
                }
                return times.sorted()[times.count / 2]
            }
            let alone = try median()
            let foreign = (0..<20000).map { "\(IPAddress.v4(0x0B00_0000 + UInt32($0) * 4))/31" }.joined(separator: ", ")
            try Nftables().load("table inet foreign {\nset many { type ipv4_addr; flags interval; elements = { \(foreign) } }\n}\n")
            try writer.flush(.tunnel4)
            let beside = try median()
            print("one element: \(alone) µs, beside a foreign set \(beside) µs")
            #expect(alone < 500 && beside < alone * 3)
        }
    }
}
