// SPDX-License-Identifier: MIT
import Policy
import Testing
import Wire
import Workbench

@Suite struct RebindingTests {
    private static let ours: Set<IPAddress> = [.of("203.0.113.9"), .of("2001:db8:5::9")]

    @Test func namesAtOrBelowAnAllowedOneAreAllowed() {
        let rebinding = Rebinding(allowed: [.of("corp.example"), .of("zen.spamhaus.test")])
        #expect(rebinding.allows(.of("corp.example")) && rebinding.allows(.of("a.b.CORP.example")))
        #expect(!rebinding.allows(.of("notcorp.example")) && !rebinding.allows(.of("example")) && !rebinding.allows(.root))
        #expect(!Rebinding().allows(.of("corp.example")))
        #expect(Rebinding.allowsAll.allows(.of("corp.example")) && Rebinding.allowsAll.allows(.root))
    }

    @Test(arguments: [
        "10.0.0.1", "172.31.255.255", "192.168.1.1", "127.0.0.1", "127.9.9.9", "0.0.0.0", "0.1.2.3", "169.254.1.1", "::", "::1", "fe80::1",
        "fd00::1", "::ffff:192.168.1.1", "64:ff9b::192.168.1.1", "64:ff9b:1::127.0.0.1", "2002:c0a8:101::1", "2001:db8:64:c0a8:1:100::",
        // Teredo with the client 192.168.1.1, and with the server 10.0.0.1; ISATAP of both kinds; our own.
        "2001:0:808:808:0:0:3f57:fefe", "2001:0:a00:1::f7f7:f7f7", "2001:db8::5efe:192.168.1.1", "2001:db8::200:5efe:10.0.0.1",
        "203.0.113.9", "2001:db8:5::9", "2002:cb00:7109::1",
    ])
    func theseLeadInside(_ text: String) {
        #expect(Rebinding.isInside(.of(text), PrivateRanges(includesCGNAT: false), ours: Self.ours, nat64: Network("2001:db8:64::/48")))
    }

    @Test(arguments: [
        "8.8.8.8", "100.64.0.1", "172.32.0.1", "2001:db8::1", "64:ff9b::8.8.8.8", "224.0.0.1", "::ffff:8.8.8.8",
        "2001:0:808:808::f7f7:f7f7",
        "2001:db8::200:5efe:8.8.8.8", "2001:db8::100:5efe:10.0.0.1", "203.0.113.8",
    ])
    func theseDoNot(_ text: String) {
        #expect(!Rebinding.isInside(.of(text), PrivateRanges(includesCGNAT: false), ours: Self.ours, nat64: Network("2001:db8:64::/48")))
    }

    @Test func sharedAddressesAreInsideWhereTheyAreTheLANs() {
        #expect(Rebinding.isInside(.of("100.64.0.1"), PrivateRanges(includesCGNAT: true), ours: [], nat64: nil))
    }
}
