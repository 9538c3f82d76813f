// SPDX-License-Identifier: MIT
import Rules
import Wire

/// One learned address to write into the kernel's sets, or to take out of them.
package struct SetChange: Hashable, Sendable {
    package enum Change: Hashable, Sendable {
        /// Seconds until the kernel forgets the element by itself; nil: never (`tunnel`, so that a dead daemon fails closed).
        case add(seconds: UInt32?)
        case remove
    }

    package let route: SteeredRoute
    package let address: IPAddress
    package let change: Change
    package let handling: Handling
    /// How the kernel has it until now.
    package let former: Handling

    package init(
        _ route: SteeredRoute, _ address: IPAddress, _ change: Change, _ handling: Handling = .usual, former: Handling? = nil
    ) {
        self.route = route
        self.address = address
        self.change = change
        self.handling = handling
        self.former = former ?? handling
    }

    /// The same without classes whose numbers are not below this one.
    package func bearing(below count: Int) -> SetChange {
        SetChange(route, address, change, handling.bearing(below: count), former: former.bearing(below: count))
    }
}

/// A rule action that owns addresses: each has a set for each family in the kernel.
package enum SteeredRoute: String, Hashable, Sendable, CaseIterable {
    case tunnel, direct, lan
}
