// SPDX-License-Identifier: MIT
import Wire

/// Reads from bytes that anybody may have written: what is not there reads as 0, and is remembered.
package struct ImageReader: ~Escapable {
    private let bytes: Span<UInt8>
    package var offset = 0
    package private(set) var isShort = false

    @_lifetime(copy bytes)
    package init(_ bytes: Span<UInt8>) { self.bytes = bytes }

    @_lifetime(self: copy self)
    package mutating func take(_ count: Int) -> [UInt8] {
        guard count <= bytes.count - offset else {
            isShort = true
            return Array(repeating: 0, count: count)
        }
        defer { offset += count }
        return (offset..<offset + count).map { bytes[$0] }
    }

    @_lifetime(self: copy self)
    package mutating func number<Number: FixedWidthInteger & UnsignedInteger>() -> Number {
        let width = Number.bitWidth / 8
        guard width <= bytes.count - offset else {
            isShort = true
            return 0
        }
        defer { offset += width }
        var number: Number = 0
        for index in 0..<width { number |= Number(bytes[offset + index]) << (index * 8) }
        return number
    }

    struct Entry {
        let address: IPAddress
        let route: SteeredRoute
        let owner: Owner
        let until: UInt32
    }

    /// Nil: no entry of this version.
    @_lifetime(self: copy self)
    mutating func entry() -> Entry? {
        let kind: UInt8 = number()
        let number: UInt8 = number()
        let width: UInt8 = self.number()
        guard LeaseKind(rawValue: kind) != nil, let route = SteeredRoute(number: Int(number)), width == 4 || width == 16,
            let address = IPAddress(bytes: take(Int(width)))
        else { return nil }
        let until: UInt32 = self.number()
        guard let name = name() else { return nil }
        var matched = name
        if offset < bytes.count, bytes[offset] == 0 {
            offset += 1
        } else {
            guard let other = self.name() else { return nil }
            matched = other
        }
        return isShort ? nil : Entry(address: address, route: route, owner: Owner(name: name, matched: matched), until: until)
    }

    @_lifetime(self: copy self)
    package mutating func name() -> Name? {
        let count: UInt8 = number()
        let wire = take(Int(count))
        var name = Name()
        var offset = 0
        while offset < wire.count, wire[offset] != 0 {
            let length = Int(wire[offset])
            guard length < wire.count - offset, name.append(label: length, { wire[offset + 1 + $0] }) else { return nil }
            offset += length + 1
        }
        return !isShort && name.count == wire.count ? name : nil
    }
}

extension SteeredRoute {
    /// As images know it: never to change.
    var number: Int {
        switch self {
        case .tunnel: 0
        case .direct: 1
        case .lan: 2
        }
    }

    init?(number: Int) {
        guard let route = Self.allCases.first(where: { $0.number == number }) else { return nil }
        self = route
    }
}
