// SPDX-License-Identifier: MIT
import Rules
import Wire

/// Addresses from `first` to `last` that one action owns. Ranges of one plan never overlap.
package struct SteeredRange: Hashable, Sendable {
    package let first: IPAddress
    package let last: IPAddress
    package let action: Action
    package let handling: Handling

    package init(first: IPAddress, last: IPAddress, action: Action, _ handling: Handling = .usual) {
        self.first = first
        self.last = last
        self.action = action
        self.handling = handling
    }

    package func contains(_ address: IPAddress) -> Bool {
        address.family == first.family && (first.number...last.number).contains(address.number)
    }

    /// Network rules laid out flat, the longest prefix winning where they nest: the kernel's sets know no longest match across sets.
    package static func flatten(_ networks: [(network: Network, action: Action)]) -> [SteeredRange] {
        flatten(networks.map { (network: $0.network, action: $0.action, handling: .usual) })
    }

    /// The same with what rules want of the traffic beside the route.
    package static func flatten(_ networks: [(network: Network, action: Action, handling: Handling)]) -> [SteeredRange] {
        [IPAddress.Family.v4, .v6].flatMap { family in
            flatten(networks.filter { $0.network.address.family == family }.map { Block($0.network, $0.action, $0.handling) })
        }
    }

    private struct Block {
        let first: UInt128
        let last: UInt128
        let action: Action
        let handling: Handling
        let family: IPAddress.Family

        init(_ network: Network, _ action: Action, _ handling: Handling) {
            first = network.address.number
            last = network.last.number
            self.action = action
            self.handling = handling
            family = network.address.family
        }
    }

    /// Prefixes nest or are disjoint, so one pass with a stack of the open ones does it.
    private static func flatten(_ blocks: [Block]) -> [SteeredRange] {
        var ranges: [SteeredRange] = []
        var open: [Block] = []
        /// The first address not yet given to anyone; nil past the last one there is.
        var position: UInt128? = 0
        /// Everything from `position` up to `end` belongs to the innermost open block.
        func emit(upTo end: UInt128) {
            if let block = open.last, let position, position <= end {
                let range = SteeredRange(
                    first: block.family.address(position), last: block.family.address(end), action: block.action, block.handling)
                if let before = ranges.last, before.action == range.action, before.handling == range.handling,
                    before.last.number &+ 1 == position
                {
                    ranges[ranges.count - 1] = SteeredRange(
                        first: before.first, last: range.last, action: range.action, range.handling)
                } else {
                    ranges.append(range)
                }
            }
        }
        func close(before start: UInt128?) {
            while let block = open.last, start.map({ block.last < $0 }) ?? true {
                emit(upTo: block.last)
                position = block.last == .max ? nil : block.last + 1
                open.removeLast()
            }
        }
        for block in blocks.sorted(by: { ($0.first, $1.last) < ($1.first, $0.last) }) {
            close(before: block.first)
            if block.first > 0 { emit(upTo: block.first - 1) }
            position = block.first
            open.append(block)
        }
        close(before: nil)
        return ranges
    }
}

extension IPAddress {
    fileprivate var number: UInt128 {
        switch self {
        case .v4(let raw): UInt128(raw)
        case .v6(let high, let low): UInt128(high) << 64 | UInt128(low)
        }
    }
}

extension IPAddress.Family {
    fileprivate func address(_ number: UInt128) -> IPAddress {
        switch self {
        case .v4: .v4(UInt32(truncatingIfNeeded: number))
        case .v6: .v6(high: UInt64(truncatingIfNeeded: number >> 64), low: UInt64(truncatingIfNeeded: number))
        }
    }
}
