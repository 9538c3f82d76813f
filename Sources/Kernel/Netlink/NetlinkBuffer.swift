// SPDX-License-Identifier: MIT

/// Netlink messages as bytes, one after the other (netlink(7)): a header, a fixed part, attributes, each aligned to 4 bytes.
///
/// Pure: what is sent can be compared byte for byte.
struct NetlinkBuffer: Sendable {
    private(set) var bytes: [UInt8] = []
    /// Where the flags of the last message stand.
    private var lastFlags: Int?
    private(set) var lastSequence: UInt32 = 0

    init(capacity: Int = 512) { bytes.reserveCapacity(capacity) }

    /// Appends one message. `header` is the fixed part behind the netlink header; `body` adds the attributes.
    mutating func message(
        _ type: UInt16, flags: UInt16, sequence: UInt32, header: [UInt8], _ body: (inout NetlinkBuffer) -> Void = { _ in }
    ) {
        let start = bytes.count
        append(UInt32(0))
        append(type)
        lastFlags = bytes.count
        lastSequence = sequence
        append(flags | NetlinkFlag.request)
        append(sequence)
        append(UInt32(0))
        bytes += header
        align()
        body(&self)
        patch(UInt32(truncatingIfNeeded: bytes.count - start), at: start)
    }

    /// Asks the kernel to confirm the last message.
    mutating func askForAcknowledgement() {
        guard let lastFlags else { return }
        bytes[lastFlags] |= UInt8(truncatingIfNeeded: NetlinkFlag.acknowledge)
    }

    mutating func attribute(_ type: UInt16, _ value: some Collection<UInt8>) {
        append(UInt16(truncatingIfNeeded: 4 + value.count))
        append(type)
        bytes += value
        align()
    }

    /// A number in the machine's own byte order, as rtnetlink wants it.
    mutating func attribute(_ type: UInt16, native value: some FixedWidthInteger & UnsignedInteger) {
        append(UInt16(truncatingIfNeeded: 4 + value.bitWidth / 8))
        append(type)
        append(value)
        align()
    }

    /// A text with a zero behind it.
    mutating func attribute(_ type: UInt16, text: String) {
        append(UInt16(truncatingIfNeeded: 5 + text.utf8.count))
        append(type)
        bytes.append(contentsOf: text.utf8)
        bytes.append(0)
        align()
    }

    /// Attributes within an attribute; together they must stay below 64 KiB.
    mutating func nest(_ type: UInt16, _ body: (inout NetlinkBuffer) -> Void) {
        let start = bytes.count
        append(UInt16(0))
        append(type | NetlinkFlag.nested)
        body(&self)
        patch(UInt16(truncatingIfNeeded: bytes.count - start), at: start)
    }

    /// Appends a number in the machine's own byte order.
    mutating func append(_ value: some FixedWidthInteger & UnsignedInteger) {
        let ordered = value.littleEndian
        unsafe withUnsafeBytes(of: ordered) { unsafe bytes.append(contentsOf: $0) }
    }

    private mutating func patch(_ value: some FixedWidthInteger & UnsignedInteger, at offset: Int) {
        let ordered = value.littleEndian
        for index in 0..<value.bitWidth / 8 { bytes[offset + index] = UInt8(truncatingIfNeeded: ordered >> (index * 8)) }
    }

    private mutating func align() {
        while bytes.count % 4 != 0 { bytes.append(0) }
    }
}

/// The flags we use, from <linux/netlink.h>, as the numbers that stand in a message.
enum NetlinkFlag {
    static let request: UInt16 = 0x001
    static let multi: UInt16 = 0x002
    static let acknowledge: UInt16 = 0x004
    static let dump: UInt16 = 0x300
    static let replace: UInt16 = 0x100
    static let exclusive: UInt16 = 0x200
    static let create: UInt16 = 0x400
    static let append: UInt16 = 0x800
    /// On the type of an attribute that holds attributes.
    static let nested: UInt16 = 0x8000
}
