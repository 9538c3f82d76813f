// SPDX-License-Identifier: MIT
import Policy
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

    /// Of the set of the change's route.
    package init(_ change: SetChange) {
        switch change.change {
        case .add(let seconds): self.init(.add, .learned(change.route, change.address, seconds: seconds))
        case .remove: self.init(.remove, .learned(change.route, change.address))
        }
    }
}

extension SetChange {
    /// In an order in which no packet goes by another tunnel than the one that a rule names, even where they are written one by one; but while that
    /// changes, by the one in use.
    package var elementChanges: [ElementChange] {
        switch change {
        case .add:
            named(.remove, former.node == handling.node ? nil : former.node)
                + classed(.remove, former.trafficClass == handling.trafficClass ? nil : former.trafficClass)
                + named(.add, handling.node) + classed(.add, handling.trafficClass) + [ElementChange(self)]
        case .remove: [ElementChange(self)] + named(.remove, handling.node) + classed(.remove, handling.trafficClass)
        }
    }

    private func named(_ kind: ElementChange.Kind, _ node: Int?) -> [ElementChange] {
        node.flatMap { Node($0) }.map { [ElementChange(kind, .named(address, $0))] } ?? []
    }

    private func classed(_ kind: ElementChange.Kind, _ trafficClass: Int?) -> [ElementChange] {
        trafficClass.map { [ElementChange(kind, .classed(route, address, trafficClass: $0))] } ?? []
    }
}

/// A change that the kernel did not take, and why. All others of the same call are done.
package struct RefusedChange<Change: Hashable & Sendable>: Hashable, Sendable {
    package let change: Change
    package let error: KernelError
}
