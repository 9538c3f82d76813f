// SPDX-License-Identifier: MIT
import Steering

/// One element to write into the kernel's sets, or to take out of them.
package struct ElementChange: Hashable, Sendable {
    package enum Kind: Hashable, Sendable { case add, remove }

    package let kind: Kind
    package let element: SetElement

    package init(_ kind: Kind, _ element: SetElement) {
        self.kind = kind
        self.element = element
    }

    package init(_ change: SetChange) {
        switch change.change {
        case .add(let seconds): self.init(.add, .learned(change.route, change.address, seconds: seconds))
        case .remove: self.init(.remove, .learned(change.route, change.address))
        }
    }
}

/// A change that the kernel did not take, and why. All others of the same call are done.
package struct RefusedChange<Change: Hashable & Sendable>: Hashable, Sendable {
    package let change: Change
    package let error: KernelError
}
