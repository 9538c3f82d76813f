// SPDX-License-Identifier: MIT
import Wire

/// A view of one rule in the store.
struct StoredRule {
    let place: RuleStore.Place
    let mark: UInt8
    /// Bytes of the name, without its root label.
    let length: Int

    /// Nil for one that stands for no name.
    var kind: NameKind? { NameKind(rawValue: mark & RuleStore.Mark.kinds) }
    var isException: Bool { mark & RuleStore.Mark.exception != 0 }
    /// Where its name begins in the store's bytes.
    var start: Int { Int(place) + RuleStore.header }
    var next: RuleStore.Place { place + RuleStore.Place(RuleStore.header + length) }
}

extension RuleStore {
    subscript(_ place: Place) -> StoredRule {
        StoredRule(place: place, mark: bytes[Int(place)], length: Int(bytes[Int(place) + 1]))
    }

    func line(of rule: StoredRule) -> Int { number(at: Int(rule.place) + 2) }

    /// Of one that stands for no name: the index of its pattern.
    func pattern(of rule: StoredRule) -> Int { number(at: rule.start) }

    func name(of rule: StoredRule) -> Name {
        var name = Name()
        var offset = rule.start
        while offset < rule.start + rule.length {
            let length = Int(bytes[offset])
            guard name.append(label: length, { bytes[offset + 1 + $0] }) else { break }
            offset += length + 1
        }
        return name
    }

    private func number(at offset: Int) -> Int {
        (0..<4).reduce(0) { $0 | Int(bytes[offset + $1]) << ($1 * 8) }
    }
}
