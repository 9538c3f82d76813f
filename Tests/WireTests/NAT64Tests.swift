// SPDX-License-Identifier: MIT
import Testing
import Wire
import Workbench

@Suite struct NAT64Tests {
    /// The six rows of RFC 6052 section 2.4.
    @Test(arguments: [
        (32, "2001:db8:c000:221::"), (40, "2001:db8:1c0:2:21::"), (48, "2001:db8:122:c000:2:2100::"), (56, "2001:db8:122:3c0:0:221::"),
        (64, "2001:db8:122:344:c0:2:2100::"), (96, "2001:db8:122:344::192.0.2.33"),
    ])
    func addressesAreFoundBehindPrefixesOfAllLengths(_ length: Int, _ text: String) throws {
        let address = IPAddress.of(text)
        #expect(address.embedded(at: length) == .of("192.0.2.33"))
        let prefix = try #require(Network(address, length: length))
        #expect(address.embedded(nat64: prefix) == [.of("192.0.2.33")])
        #expect(address.embedded() == [], "nobody has said that this network translates")
    }

    @Test(arguments: [
        ("::ffff:10.0.0.1", "10.0.0.1"), ("64:ff9b::10.0.0.1", "10.0.0.1"), ("64:ff9b:1::10.0.0.1", "10.0.0.1"),
        ("64:ff9b:1:a00:0:100::", "10.0.0.1"), ("2002:a00:1::7", "10.0.0.1"), ("2001:0:a00:1:0:0:f5ff:fffd", "10.0.0.2 10.0.0.1"),
        ("fe80::5efe:10.0.0.1", "10.0.0.1"),
    ])
    func wellKnownFormsSayWhereTheyEnd(_ text: String, _ inner: String) {
        #expect(IPAddress.of(text).embedded() == inner.split(separator: " ").map { IPAddress.of(String($0)) })
    }

    @Test(arguments: ["10.0.0.1", "2001:db8::a00:1", "64:ff9c::10.0.0.1", "64:ff9b:2::10.0.0.1", "::1", "fe80::1"])
    func otherAddressesStandForThemselves(_ text: String) { #expect(IPAddress.of(text).embedded() == []) }

    @Test func prefixesOfOtherLengthsHoldNothing() {
        for length in [0, 8, 33, 63, 65, 95, 97, 128] { #expect(IPAddress.of("64:ff9b::1").embedded(at: length) == nil) }
        #expect(IPAddress.of("192.0.2.33").embedded(at: 96) == nil)
    }

    @Test func aNetworkThatTranslatesIsKnownByWhatItMakesOfANameWithoutIPv6() {
        #expect(NAT64.prefix(in: []) == nil)
        #expect(NAT64.prefix(in: [.of("192.0.0.170"), .of("192.0.0.171")]) == nil)
        #expect(NAT64.prefix(in: [.of("2001:db8::1")]) == nil, "a lie, or a portal")
        #expect(NAT64.prefix(in: [.of("64:ff9b::192.0.0.170"), .of("64:ff9b::192.0.0.171")]) == Network("64:ff9b::/96"))
        #expect(NAT64.prefix(in: [.of("2001:db8:1c0:0:aa::")]) == Network("2001:db8:100::/40"))
        // 192.0.0.170 shows in two places of each: they agree on one, or else the longer counts.
        #expect(NAT64.prefix(in: [.of("2001:db8:c000:aa::c000:aa"), .of("2001:db8:c000:ab::c000:aa")]) == Network("2001:db8::/32"))
        #expect(NAT64.prefix(in: [.of("2001:db8:c000:aa::c000:aa")]) == Network("2001:db8:c000:aa::/96"))
    }

    @Test func namesBelowAreMovedAndTooLongOnesAreNot() {
        #expect(Name.of("a.b.example").replacing(suffix: .of("example"), with: .of("test.net")) == .of("a.b.test.net"))
        #expect(Name.of("a.example").replacing(suffix: .of("example"), with: .root) == .of("a"))
        #expect(Name.of("a.example").replacing(suffix: .root, with: .of("x")) == .of("a.example.x"))
        #expect(Name.of("a.example").replacing(suffix: .of("ample"), with: .of("x")) == nil, "labels, not text")
        let long = Name.of(Array(repeating: String(repeating: "l", count: 61), count: 4).joined(separator: "."))
        #expect(Name.of("a.example").replacing(suffix: .of("example"), with: long)?.count == 251)
        #expect(Name.of("abcdefg.example").replacing(suffix: .of("example"), with: long) == nil)
    }

    @Test func listsOfNamesGiveBackWhatWasPutIn() {
        let names: [Name] = [.of("a.example"), .root, .of("b.c.d.example"), .of("A.EXAMPLE")]
        let list = NameList(names)
        #expect(Array(list) == names)
        #expect(NameList([]).isEmpty && !list.isEmpty)
        #expect(Array(NameList(wire: list.wire)) == names)
        #expect(Array(NameList(wire: [3, 97, 98])) == [])
        #expect(Array(NameList(wire: [64] + Array(repeating: 97, count: 64) + [0])) == [])
    }
}
