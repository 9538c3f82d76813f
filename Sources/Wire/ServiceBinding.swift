// SPDX-License-Identifier: MIT

/// The data of an HTTPS or SVCB record (RFC 9460 section 2.2), read without believing it: what cannot be read is left out, and noted.
package struct ServiceBinding: Sendable {
    /// 0: an alias, whose parameters clients ignore (section 2.4.2).
    package let priority: UInt16
    /// The root stands for the record's owner (section 2.5).
    package let target: Name
    /// Whether a client must refuse it, and the whole set it is in: keys out of order or repeated, a value cut off or of a wrong form, a `mandatory`
    /// key that is not there, a target that is compressed (sections 2.2, 7.3, 8).
    package private(set) var isMalformed: Bool
    /// In the order they stand in; where the value is.
    private var parameters: [(key: UInt16, value: Range<Int>)] = []

    private static let mandatory: UInt16 = 0
    private static func size(ofHint key: UInt16) -> Int? { key == 4 ? 4 : key == 6 ? 16 : nil }

    /// Nil when not even priority and target can be read.
    package init?(_ record: ResourceRecord, in packet: Span<UInt8>) {
        guard record.type == .https || record.type == .svcb, record.data.upperBound <= packet.count else { return nil }
        var reader = MessageReader(packet, at: record.data.lowerBound)
        guard let priority = try? reader.uint16(), let target = try? reader.name() else { return nil }
        guard reader.offset <= record.data.upperBound else { return nil }
        // Section 2.2: not compressed, as names in data that others may copy must not be (RFC 3597 section 4). Servers do it, and clients read it.
        isMalformed = reader.offset != record.data.lowerBound + 2 + target.count
        self.priority = priority
        self.target = target
        while reader.offset < record.data.upperBound {
            guard let key = try? reader.uint16(), let length = try? reader.uint16(), reader.offset + Int(length) <= record.data.upperBound
            else {
                isMalformed = true
                return
            }
            let value = reader.offset..<reader.offset + Int(length)
            if let last = parameters.last?.key, last >= key { isMalformed = true }
            if let size = Self.size(ofHint: key), value.isEmpty || value.count % size != 0 { isMalformed = true }
            parameters.append((key, value))
            reader = MessageReader(packet, at: value.upperBound)
        }
        if !isConsistent(packet) { isMalformed = true }
    }

    /// Section 8: `mandatory` lists keys that are there, ascending, and not itself.
    private func isConsistent(_ packet: Span<UInt8>) -> Bool {
        guard let list = parameters.first(where: { $0.key == Self.mandatory })?.value else { return true }
        guard !list.isEmpty, list.count % 2 == 0 else { return false }
        var last = Self.mandatory
        for key in Self.keys(list, packet) {
            guard key > last, parameters.contains(where: { $0.key == key }) else { return false }
            last = key
        }
        return true
    }

    /// Addresses a client may connect to without asking for them: also those of a record that it should refuse, since it may not.
    package func hints(in packet: Span<UInt8>) -> [IPAddress] {
        parameters.flatMap { parameter in
            Self.size(ofHint: parameter.key).map { Self.addresses(parameter.value, size: $0, packet) } ?? []
        }
    }

    /// The record's data without the hints that `isUnwanted`: a list that gets empty goes, and out of `mandatory` with it (section 8), and
    /// `mandatory` when nothing is left in it. Nil when there is none to take out.
    func data(without isUnwanted: (IPAddress) -> Bool, _ packet: Span<UInt8>) -> [UInt8]? {
        var kept: [(key: UInt16, value: [UInt8])] = []
        var isChanged = false
        for (key, range) in parameters {
            guard let size = Self.size(ofHint: key) else {
                kept.append((key, range.map { packet[$0] }))
                continue
            }
            let all = Self.addresses(range, size: size, packet)
            let wanted = all.filter { !isUnwanted($0) }
            if wanted.count < all.count { isChanged = true }
            if !wanted.isEmpty { kept.append((key, wanted.flatMap(\.bytes))) }
        }
        guard isChanged else { return nil }
        if let place = kept.firstIndex(where: { $0.key == Self.mandatory }) {
            let list = kept[place].value
            let left = stride(from: 0, to: list.count - 1, by: 2).filter { index in
                kept.contains { $0.key == UInt16(list[index]) << 8 | UInt16(list[index + 1]) }
            }
            kept[place].value = left.flatMap { [list[$0], list[$0 + 1]] }
            if left.isEmpty { kept.remove(at: place) }
        }
        var data: [UInt8] = []
        data.append(priority)
        data.append(target)
        for (key, value) in kept {
            data.append(key)
            data.append(UInt16(truncatingIfNeeded: value.count))
            data += value
        }
        return data
    }

    private static func keys(_ list: Range<Int>, _ packet: Span<UInt8>) -> [UInt16] {
        stride(from: list.lowerBound, to: list.upperBound - 1, by: 2).map { UInt16(packet[$0]) << 8 | UInt16(packet[$0 + 1]) }
    }

    private static func addresses(_ range: Range<Int>, size: Int, _ packet: Span<UInt8>) -> [IPAddress] {
        stride(from: range.lowerBound, through: range.upperBound - size, by: size).compactMap { start in
            IPAddress(bytes: (start..<start + size).map { packet[$0] })
        }
    }
}
