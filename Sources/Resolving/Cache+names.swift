// SPDX-License-Identifier: MIT
import Wire

/// "No such name" is said of every type (RFC 2308 section 5): it is kept once, and found by questions of any. Unless the server says otherwise of
/// another type, as broken ones do (RFC 4074 section 4.2): then each has its own.
extension Cache {
    /// What is kept for a question: its own answer while it has time; else that there is no such name.
    func place(of key: Key, at now: Instant) -> Int? {
        let own = index[key]
        if let own, slots[own].over > now { return own }
        guard let place = denial(of: key) else { return own }
        return own == nil || slots[place].over > now ? place : own
    }

    private func denial(of key: Key) -> Int? {
        guard let place = denials[key.nameHash], slots[place].key.isOfTheName(of: key) else { return nil }
        return place
    }

    /// Whether a newer word on a name takes back that there is none: questions of other types were told so until now, and no longer are.
    mutating func takeBack(_ key: Key, for answer: Answer, at now: Instant) -> Bool {
        guard let place = denial(of: key), !answer.deniesName || slots[place].over <= now else { return false }
        slots[place].isForAll = false
        denials[key.nameHash] = nil
        return slots[place].over > now
    }

    /// Lets every type find what was kept last, a name's denial: if none is found yet, and no address says otherwise.
    mutating func shareLast(at now: Instant) {
        guard let key = slots.last?.key, denials[key.nameHash] == nil else { return }
        let isContradicted = [RecordType.a, .aaaa].contains { type in
            guard let place = index[key.of(type)] else { return false }
            return slots[place].over > now && !slots[place].answer.deniesName
        }
        if isContradicted { return }
        denials[key.nameHash] = slots.count - 1
        slots[slots.count - 1].isForAll = true
    }
}

extension Answer {
    /// Whether it says of the asked name itself that it is not there; at the end of a chain it is said of another (RFC 6604).
    var deniesName: Bool { code == .nameError && aliases.isEmpty }
}
