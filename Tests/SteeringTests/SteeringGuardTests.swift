// SPDX-License-Identifier: MIT
import Steering
import Testing
import Wire
import Workbench

@Suite struct SteeringGuardTests {
    private static let guarding = SteeringGuard(
        ours: [.of("198.51.100.2"), .of("2001:db8:5::2")], endpoints: [.of("203.0.113.130")], resolvers: [.tunnel: [.of("203.0.113.53")]],
        nat64: Network("2001:db8:64::/48"))

    /// As `Policy.PrivateRanges` sees them, without importing it: the guard is told.
    private func isPrivate(_ address: IPAddress) -> Bool {
        ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8", "fc00::/7", "fe80::/10", "::1/128"]
            .contains { Network($0)?.contains(address) == true }
    }

    @Test func setsTakeWhatTheFixtureSays() throws {
        let lines = Fixture.lines("steering/guard.txt")
        for line in lines {
            let words = line.words
            let address = IPAddress.of(words[0])
            let route = try #require(SteeredRoute(rawValue: words[1]), "\(line)")
            let refusal = Self.guarding.refusal(of: address, to: route, isPrivate: isPrivate, allowsPrivate: words.count == 4)
            #expect((refusal?.rawValue ?? "yes") == words.last, "\(line)")
        }
        #expect(lines.count == 80)
    }
}
