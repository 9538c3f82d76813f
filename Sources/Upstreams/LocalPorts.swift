// SPDX-License-Identifier: MIT

/// The ports that datagrams leave from: any above those of services that are started by hand, each as likely as another (RFC 5452 section 9.2).
package struct LocalPorts {
    private static let first: UInt16 = 10_240

    /// Those the kernel hands out itself: a socket on one of these can give it back and take another, without being closed.
    private let returnable: ClosedRange<UInt16>?

    /// - Parameter range: what ip_local_port_range (ip(7)) says, as text: two numbers.
    package init(range: [UInt8]) {
        let numbers = range.split { $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
            .compactMap { UInt16(String(decoding: $0, as: UTF8.self)) }
        returnable = numbers.count == 2 && numbers[0] <= numbers[1] ? numbers[0]...numbers[1] : nil
    }

    func isReturnable(_ port: UInt16) -> Bool { returnable?.contains(port) ?? false }

    /// - Parameter random: an unpredictable number.
    package static func port(_ random: UInt32) -> UInt16 {
        let ports = UInt32(UInt16.max - first) + 1
        return first + UInt16(truncatingIfNeeded: (UInt64(random) * UInt64(ports)) >> 32)
    }
}
