// SPDX-License-Identifier: MIT

/// What a rule has its traffic bear, for queueing disciplines to tell it by. Either is nil where packets keep what they have.
package struct TrafficClass: Hashable, Sendable {
    /// A differentiated services code point (RFC 2474): 0...63.
    package let dscp: UInt8?
    package let priority: PacketPriority?

    /// - Parameter dscp: 0...63.
    package init(dscp: UInt8?, priority: PacketPriority? = nil) {
        self.dscp = dscp
        self.priority = priority
    }
}

/// The kernel's own priority of a packet, which never leaves the machine: a number as SO_PRIORITY has it (socket(7)), or a class of a queueing
/// discipline as tc(8) writes it, `1:10`, which is the same number in two hexadecimal halves.
package struct PacketPriority: Hashable, Sendable, LosslessStringConvertible {
    package let number: UInt32

    /// Nil: neither a number up to 4294967295 nor `MAJOR:MINOR`.
    package init?(_ text: String) {
        let halves = text.split(separator: ":", omittingEmptySubsequences: false)
        if halves.count == 2, let major = Self.half(halves[0]), let minor = Self.half(halves[1]) {
            number = UInt32(major) << 16 | UInt32(minor)
        } else if halves.count == 1, text.utf8.allSatisfy({ 48...57 ~= $0 }), let whole = UInt32(text) {
            number = whole
        } else {
            return nil
        }
    }

    private static func half(_ text: Substring) -> UInt16? { text.allSatisfy(\.isHexDigit) ? UInt16(text, radix: 16) : nil }

    package var description: String { number < 1 << 16 ? "\(number)" : handle }

    /// As tc(8) and nft(8) write it.
    package var handle: String { String(number >> 16, radix: 16) + ":" + String(number & 0xFFFF, radix: 16) }
}

/// The classes that the rules of this run have named, each with a number that it keeps: what stands in the kernel's maps leads by it to what
/// is done, until the last address of a rule that is gone has gone too.
package struct TrafficClasses: Hashable, Sendable {
    /// A number has one byte in the ledger. What is one too many is as if its rule named none.
    package static let most = 255

    /// By number.
    package private(set) var all: [TrafficClass] = []
    private var numbers: [TrafficClass: Int] = [:]

    package init() {}

    /// Numbers those that have none yet, in their order.
    package mutating func take(_ classes: some Sequence<TrafficClass>) {
        for trafficClass in classes where all.count < Self.most && numbers[trafficClass] == nil {
            numbers[trafficClass] = all.count
            all.append(trafficClass)
        }
    }

    /// Nil: a rule that names none, or one that came too late.
    package func number(of trafficClass: TrafficClass?) -> Int? { trafficClass.flatMap { numbers[$0] } }
}
