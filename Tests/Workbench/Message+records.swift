// SPDX-License-Identifier: MIT
import Wire

extension Message.Record {
    /// A or AAAA, by the address's family.
    package static func address(_ owner: Name, _ address: IPAddress, ttl: UInt32 = 300) -> Self {
        Self(owner: owner, type: address.family == .v4 ? .a : .aaaa, ttl: ttl, data: [.bytes(address.bytes)])
    }

    /// Of any type.
    package static func record(_ owner: Name, _ type: RecordType, _ data: [Message.Part], ttl: UInt32 = 300) -> Self {
        Self(owner: owner, type: type, ttl: ttl, data: data)
    }

    package static func cname(_ owner: Name, _ target: Name, ttl: UInt32 = 300) -> Self {
        Self(owner: owner, type: .cname, ttl: ttl, data: [.name(target)])
    }

    package static func dname(_ owner: Name, _ target: Name, ttl: UInt32 = 300) -> Self {
        Self(owner: owner, type: .dname, ttl: ttl, data: [.name(target)])
    }

    package static func ptr(_ owner: Name, _ target: Name, ttl: UInt32 = 300) -> Self {
        Self(owner: owner, type: .ptr, ttl: ttl, data: [.name(target)])
    }

    package static func txt(_ owner: Name, _ text: String, ttl: UInt32 = 300) -> Self {
        Self(owner: owner, type: .txt, ttl: ttl, data: [.bytes([UInt8(text.utf8.count)] + Array(text.utf8))])
    }

    /// - Parameter minimum: the last field, which bounds how long "no" is kept (RFC 2308).
    package static func soa(_ owner: Name, ttl: UInt32, minimum: UInt32) -> Self {
        Self(
            owner: owner, type: .soa, ttl: ttl,
            data: [
                .name(Name("ns.\(owner)") ?? owner), .name(Name("hostmaster.\(owner)") ?? owner),
                .bytes(bytes(1) + bytes(7200) + bytes(900) + bytes(86400) + bytes(minimum)),
            ])
    }

    /// An HTTPS record with address hints (RFC 9460 section 7.3).
    /// - Parameters:
    ///   - priority: 0 for an alias.
    ///   - target: the root for the owner itself.
    package static func https(_ owner: Name, priority: UInt8 = 1, target: Name = .root, hints: [IPAddress], ttl: UInt32 = 300) -> Self {
        var data: [UInt8] = [0, priority] + (0..<target.count).map { target[$0] }
        for (key, family) in [(UInt8(4), IPAddress.Family.v4), (6, .v6)] {
            let value = hints.filter { $0.family == family }.flatMap(\.bytes)
            if !value.isEmpty { data += [0, key, UInt8(value.count >> 8), UInt8(value.count & 255)] + value }
        }
        return Self(owner: owner, type: .https, ttl: ttl, data: [.bytes(data)])
    }

    /// - Parameters:
    ///   - code: the upper eight bits of the response code.
    ///   - options: what stands in its data, as it is.
    package static func opt(payload: UInt16 = 1232, code: UInt8 = 0, version: UInt8 = 0, dnssecOK: Bool = false, options: [UInt8] = [])
        -> Self
    {
        Self(
            owner: .root, type: .opt, class: payload, ttl: UInt32(code) << 24 | UInt32(version) << 16 | (dnssecOK ? 0x8000 : 0),
            data: [.bytes(options)])
    }

    private static func bytes(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
    }
}

extension Name {
    /// A name written in a test; ends the test when it is none.
    package static func of(_ text: String) -> Name {
        guard let name = Name(text) else { fatalError("'\(text)' is not a name") }
        return name
    }
}

extension IPAddress {
    /// An address written in a test; ends the test when it is none.
    package static func of(_ text: String) -> IPAddress {
        guard let address = IPAddress(text) else { fatalError("'\(text)' is not an address") }
        return address
    }
}
