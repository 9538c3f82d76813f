// SPDX-License-Identifier: MIT

/// A domain name in wire form (RFC 1035 section 3.1), in lower case, uncompressed, stored in place: no allocation, no reference count.
///
/// Case is folded when a name is read, so equality, hashing and suffixes work on bytes (RFC 4343).
package struct Name: Sendable {
    /// Bytes of the longest name, the root label included.
    package static let capacity = 255

    private var storage: InlineArray<255, UInt8>
    /// Bytes in use, the root label included: 1...255.
    package private(set) var count: Int

    /// The root.
    package init() {
        storage = InlineArray(repeating: 0)
        count = 1
    }

    package static let root = Name()

    package subscript(_ index: Int) -> UInt8 { storage[index] }

    /// To be taken once, by whoever reads more than one byte.
    package var bytes: NameBytes { NameBytes(storage, count: count) }

    package var isRoot: Bool { count == 1 }

    /// Appends a label of 1...63 bytes; false, and nothing changed, when it does not fit.
    package mutating func append(label length: Int, _ byte: (Int) -> UInt8) -> Bool {
        guard (1...63).contains(length), count + length + 1 <= Self.capacity else { return false }
        storage[count - 1] = UInt8(length)
        for index in 0..<length { storage[count + index] = Self.lowercased(byte(index)) }
        count += length + 1
        storage[count - 1] = 0
        return true
    }

    /// What `read` found where a name should stand.
    package enum Written: Hashable, Sendable {
        case name
        /// Its last label has digits only: perhaps an address; no name of the Internet ends so (RFC 3696 section 2).
        case numbers
        /// It has bytes beyond ASCII.
        case foreign
        /// No name: a byte that is no letter, digit, `-` or `_`; an empty label, one over 63 bytes; more than 255 in all; nothing.
        case malformed
    }

    /// Becomes the name that `text[range]` writes plainly: letters, digits, `-` and `_`, labels by dots, a final dot allowed.
    ///
    /// For lists of a million lines: no allocation, one pass. Unless it is a name, this becomes the root.
    package mutating func read(_ text: Span<UInt8>, _ range: Range<Int>) -> Written {
        var found = Written.numbers
        var start = 0
        var end = 1
        for index in range {
            let byte = text[index]
            if byte == UInt8(ascii: ".") {
                let length = end - start - 1
                guard (1...63).contains(length) else { return fail(.malformed) }
                storage[start] = UInt8(truncatingIfNeeded: length)
                start = end
            } else {
                let isDigit = byte &- 48 < 10
                guard isDigit || (byte | 0x20) &- 97 < 26 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") else {
                    return fail(byte < 0x80 ? .malformed : .foreign)
                }
                // One byte must be left for the root.
                guard end < Self.capacity - 1 else { return fail(.malformed) }
                storage[end] = Self.lowercased(byte)
                // A label's first byte speaks for the label until another does.
                if !isDigit { found = .name } else if end == start + 1 { found = .numbers }
            }
            end += 1
        }
        let length = end - start - 1
        if length > 0 {
            guard length < 64 else { return fail(.malformed) }
            storage[start] = UInt8(truncatingIfNeeded: length)
            start = end
        }
        guard start > 0 else { return fail(.malformed) }
        storage[start] = 0
        count = start + 1
        return found
    }

    private mutating func fail(_ found: Written) -> Written {
        storage[0] = 0
        count = 1
        return found
    }

    /// Labels, without the root.
    package var labelCount: Int {
        var bytes = bytes
        var labels = 0
        var offset = 0
        while bytes.byte(at: offset) != 0 {
            labels += 1
            offset += Int(bytes.byte(at: offset)) + 1
        }
        return labels
    }

    /// The name without its first label; the root's parent is the root.
    package var parent: Name { dropping(labels: 1) }

    /// The name without its first labels.
    package func dropping(labels: Int) -> Name {
        var bytes = bytes
        var offset = 0
        for _ in 0..<labels where bytes.byte(at: offset) != 0 { offset += Int(bytes.byte(at: offset)) + 1 }
        var rest = Name()
        for index in offset..<count { rest.storage[index - offset] = bytes.byte(at: index) }
        rest.count = count - offset
        return rest
    }

    /// This name below `parent`; nil when both together are too long.
    package func appending(_ parent: Name) -> Name? {
        guard count - 1 + parent.count <= Self.capacity else { return nil }
        var whole = self
        var bytes = parent.bytes
        for index in 0..<parent.count { whole.storage[count - 1 + index] = bytes.byte(at: index) }
        whole.count = count - 1 + parent.count
        return whole
    }

    /// Only the first labels of the name.
    package func leading(labels: Int) -> Name {
        var offset = 0
        var rest = self
        for _ in 0..<max(0, labels) where rest.storage[offset] != 0 { offset += Int(rest.storage[offset]) + 1 }
        rest.storage[offset] = 0
        rest.count = offset + 1
        return rest
    }

    /// The last eight bytes, the root label the highest of them; zeros in place of those a shorter name does not have.
    package var ending: UInt64 {
        var bytes = bytes
        return count >= 8 ? bytes.word(at: count - 8) : bytes.ownWord(at: 0) << UInt64((8 - count) * 8)
    }

    /// Whether this name is `other` or below it, compared label by label.
    package func isAtOrBelow(_ other: Name) -> Bool {
        guard count >= other.count else { return false }
        var (bytes, others) = (bytes, other.bytes)
        var offset = 0
        while count - offset > other.count { offset += Int(bytes.byte(at: offset)) + 1 }
        guard count - offset == other.count else { return false }
        for index in 0..<other.count where bytes.byte(at: offset + index) != others.byte(at: index) { return false }
        return true
    }

    /// This name with `other` in place of the suffix `suffix` (RFC 6672 section 2.2); nil when it is not below `suffix`, or the result too long.
    package func replacing(suffix: Name, with other: Name) -> Name? {
        guard isAtOrBelow(suffix), count - suffix.count + other.count <= Self.capacity else { return nil }
        var result = self
        let start = count - suffix.count
        var bytes = other.bytes
        for index in 0..<other.count { result.storage[start + index] = bytes.byte(at: index) }
        result.count = start + other.count
        return result
    }

    package static func lowercased(_ byte: UInt8) -> UInt8 { byte &- 65 < 26 ? byte | 0x20 : byte }
}

extension Name: Hashable {
    package static func == (left: Name, right: Name) -> Bool {
        guard left.count == right.count else { return false }
        var (one, other) = (left.bytes, right.bytes)
        for index in stride(from: 0, to: left.count, by: 8) where one.ownWord(at: index) != other.ownWord(at: index) { return false }
        return true
    }

    package func hash(into hasher: inout Hasher) {
        var bytes = bytes
        for index in stride(from: 0, to: count, by: 8) { hasher.combine(bytes.ownWord(at: index)) }
        hasher.combine(UInt8(count))
    }
}
