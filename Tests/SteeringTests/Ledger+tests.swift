// SPDX-License-Identifier: MIT
import Steering
import Wire
import Workbench

extension Owner {
    static func of(_ name: String, matched: String? = nil) -> Owner { Owner(name: .of(name), matched: .of(matched ?? name)) }
}

extension Ledger {
    /// An answer whose addresses the kernel takes at once.
    mutating func give(
        _ addresses: [IPAddress], to route: SteeredRoute = .tunnel, _ name: String = "git.corp.example", matched: String? = nil,
        rule: Int = 0,
        ttl: UInt32 = 300, at now: Instant
    ) -> Owed {
        let owed = owe(addresses, to: route, owner: .of(name, matched: matched), rule: rule, ttl: ttl, at: now)
        settle(owed.changes, refused: [])
        return owed
    }

    func until(_ address: IPAddress, _ route: SteeredRoute = .tunnel) -> Instant? { leases(of: address).first { $0.route == route }?.until }
}

func addresses(_ count: Int, from first: UInt32 = 0xC633_6400) -> [IPAddress] { (0..<count).map { .v4(first + UInt32($0)) } }
