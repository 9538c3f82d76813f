// SPDX-License-Identifier: MIT

/// Why bytes are not a DNS message, and where. Offsets count from the message's first byte.
package enum WireError: Error, Hashable, Sendable {
    case truncated(at: Int)
    /// A label longer than 63 bytes, or one of the two reserved label types (RFC 1035 section 4.1.4).
    case badLabel(at: Int)
    /// A name longer than 255 bytes (RFC 1035 section 3.1).
    case nameTooLong(at: Int)
    /// A compression pointer that does not point strictly backwards: a loop, or the way to one (RFC 9267 section 3).
    case badPointer(at: Int)
    /// A resource record whose data contradict its type.
    case badData(at: Int)
}
