// SPDX-License-Identifier: MIT
import Steering
import Wire

/// Something done to an answer that a person may wonder about; for `monitor`.
package struct Note: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// No set may take the addresses: they are left out of the answer.
        case guarded(SteeringGuard.Reason)
        /// A name without a rule that leads inside: the addresses are left out.
        case rebinding
        /// A `direct` name's addresses that are owed to the tunnel: left out, others remain.
        case narrowed
        /// … and none would remain: they go in the tunnel.
        case conflict
        /// No room in a set, or too many of one name or rule.
        case excess
    }

    package let kind: Kind
    package let name: Name
    package let addresses: [IPAddress]
    /// Notes of this kind that were passed over since the last one.
    package let more: UInt64
}

/// Lets one note of a kind through each second, so that a flood of answers is no flood of notes.
package struct NoteValve {
    package static let interval: Int64 = 1000

    private var kinds: [Note.Kind: (next: Instant, passedOver: UInt64)] = [:]

    package init() {}

    package mutating func pass(_ kind: Note.Kind, _ name: Name, _ addresses: [IPAddress], at now: Instant) -> Note? {
        let state = kinds[kind]
        if let state, now < state.next {
            kinds[kind]?.passedOver += 1
            return nil
        }
        kinds[kind] = (now + Self.interval, 0)
        return Note(kind: kind, name: name, addresses: addresses, more: state?.passedOver ?? 0)
    }
}
