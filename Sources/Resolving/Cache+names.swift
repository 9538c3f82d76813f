// SPDX-License-Identifier: MIT
import Wire

/// "No such name" is said of every type (RFC 2308 section 5): it is kept for the name, where a question of another type finds it, and where it has
/// the room of one answer. Unless the server says otherwise of another type, as broken ones do (RFC 4074 section 4.2): then each has its own.
extension Cache {
    /// Where what is kept for a name stands: nobody is asked for ANY (RFC 8482), so no answer has this place.
    private static let everyType = RecordType.any

    /// What is kept for a question: its own answer while it has time; else that there is no such name.
    func place(of key: Key, at now: Instant) -> Int? {
        let own = index[key]
        if let own, slots[own].over > now { return own }
        guard let place = index[key.of(Self.everyType)], slots[place].answer.deniesName else { return own }
        return own == nil || slots[place].over > now ? place : own
    }

    /// Makes room for the newer word on a name.
    /// - Returns: whether questions of other types were told until now that there is no such name, and no longer are.
    mutating func takeBack(_ key: Key, for answer: Answer, at now: Instant) -> Bool {
        guard let place = index[key.of(Self.everyType)] else { return false }
        if slots[place].type == key.question.type || slots[place].over <= now && answer.deniesName {
            remove(at: place)
            return false
        }
        if answer.deniesName { return false }
        // It stays what its own type was told.
        index[slots[place].key] = nil
        slots[place].key = key.of(slots[place].type)
        index[slots[place].key] = place
        return slots[place].over > now
    }

    /// Where an answer is to be kept: for the name, if it denies it, and nothing that has time says otherwise or the same.
    func home(of answer: Answer, _ key: Key, at now: Instant) -> Key {
        guard answer.deniesName else { return key }
        let name = key.of(Self.everyType)
        if index[name] != nil { return key }
        let isContradicted = [RecordType.a, .aaaa].contains { type in
            guard let place = index[key.of(type)] else { return false }
            return slots[place].over > now && !slots[place].answer.deniesName
        }
        return isContradicted ? key : name
    }
}

extension Answer {
    /// Whether it says of the asked name itself that it is not there; at the end of a chain it is said of another (RFC 6604).
    fileprivate var deniesName: Bool { code == .nameError && aliases.isEmpty }
}
