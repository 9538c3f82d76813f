// SPDX-License-Identifier: MIT

/// Names one after the other in wire form: what a chain's names take where many answers are kept, and nothing for most answers, which have none.
package struct NameList: Hashable, Sendable, Sequence {
    private var bytes: [UInt8] = []

    package init(_ names: some Sequence<Name>) {
        for name in names { bytes.append(name) }
    }

    /// Reads what `wire` gave; what is no name ends the list.
    package init(wire: [UInt8]) { bytes = wire }

    package var isEmpty: Bool { bytes.isEmpty }
    package var wire: [UInt8] { bytes }

    package func makeIterator() -> Iterator { Iterator(bytes: bytes) }

    package struct Iterator: IteratorProtocol {
        fileprivate let bytes: [UInt8]
        private var offset = 0

        fileprivate init(bytes: [UInt8]) { self.bytes = bytes }

        package mutating func next() -> Name? {
            guard offset < bytes.count else { return nil }
            var name = Name()
            while offset < bytes.count, bytes[offset] != 0 {
                let start = offset + 1
                let length = Int(bytes[offset])
                guard start + length < bytes.count, name.append(label: length, { bytes[start + $0] }) else {
                    offset = bytes.count
                    return nil
                }
                offset = start + length
            }
            offset += 1
            return name
        }
    }
}
