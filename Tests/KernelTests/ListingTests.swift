// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Steering
import Testing
import Wire

@testable import Kernel

@Suite(.serialized, .enabled(if: isRoot, "needs root: makes network namespaces")) struct ListingTests {
    @Test func elementsAreThoseThatNftLists() throws {
        try Room().run {
            try Nftables().load(RulesetPlan())
            var writer = try SetWriter()
            #expect(try writer.elements(of: .tunnel4) == [])
            let many = (0..<20000).map { IPAddress.v6(high: 0x2001_0DB8_0000_0000, low: UInt64($0)) }
            let few = ["192.0.2.1", "192.0.2.2"].map { IPAddress($0)! }
            #expect(try writer.commit((many + few).map { SetChange(.tunnel, $0, .add(seconds: nil)) }) == [])
            #expect(try writer.commit(few.map { SetChange(.direct, $0, .add(seconds: 60)) }) == [])
            var start = nanoseconds()
            let read = try writer.elements(of: .tunnel6)
            let mine = Double(nanoseconds() - start) / 1e6
            start = nanoseconds()
            let listed = try Self.listed(try #require(try Nftables().list()), set: .tunnel6)
            print("20,000 addresses: \(mine) ms, as text \(Double(nanoseconds() - start) / 1e6) ms")
            #expect(read.count == 20000 && Set(read) == Set(many) && Set(read) == Set(listed))
            for set in [SetName.tunnel4, .direct4] { #expect(Set(try writer.elements(of: set)) == Set(few)) }
            try Nftables().remove()
            #expect(throws: KernelError.missing("set tunnel4 of table inet sluice")) { try writer.elements(of: .tunnel4) }
        }
    }

    /// What the text of `nft list table` says a set holds.
    private static func listed(_ table: String, set: SetName) throws -> [IPAddress] {
        let start = try #require(table.firstRange(of: "set \(set.rawValue) {"))
        let elements = table[try #require(table[start.upperBound...].firstRange(of: "elements = {")).upperBound...]
        return elements.prefix { $0 != "}" }.split(separator: ",").compactMap { element in
            element.split(whereSeparator: \.isWhitespace).first.flatMap { IPAddress($0) }
        }
    }

    @Test func routesOfATableAreThoseOfAllThatBelongToIt() throws {
        let room = try Room()
        try room.shell(
            """
            ip link add name eth0 type veth peer name eth1; for i in eth0 eth1; do ip link set $i up; done
            ip addr add 198.51.100.2/24 dev eth0; ip addr add 2001:db8:100::2/64 dev eth0 nodad
            ip route add default via 198.51.100.1; ip -6 route add default via 2001:db8:100::1
            for t in 5151 99 1000000; do ip route add 192.0.2.0/24 dev eth0 table $t; ip -6 route add 2001:db8:9::/48 dev eth0 table $t; done
            ip route add 192.0.3.0/24 dev eth0 table 98
            """)
        try room.run {
            var routes = try RouteSocket()
            var plain = try NetlinkSocket(NETLINK_ROUTE)
            var all: [Route] = []
            for family in [AF_INET, AF_INET6] {
                let header = [UInt8(family)] + [UInt8](repeating: 0, count: 11)
                all += try plain.dump(UInt16(RTM_GETROUTE), header: header, "read all routes").compactMap { Route($0) }
            }
            for table in [RouteTable.main, RouteTable.tunnel, RouteTable.outside, 99, 98, 255, 1_000_000] {
                let expected = all.filter { $0.table == table }
                #expect(try routes.routes(in: table) == expected, "table \(table)")
                #expect(expected.isEmpty == (table == RouteTable.outside), "table \(table)")
            }
            // Everything else is listed as before.
            #expect(try routes.links().map(\.name).sorted() == ["eth0", "eth1", "lo"])
            #expect(try routes.addresses().contains { $0.address == IPAddress("198.51.100.2")! })
        }
    }
}
