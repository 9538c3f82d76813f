// SPDX-License-Identifier: MIT

/// The ports that datagrams leave from: any above those of services that are started by hand, each as likely as another (RFC 5452 section 9.2).
package struct LocalPorts {
    private static let first: UInt16 = 10_240

    /// Those the kernel hands out itself, each as likely as another: a socket on one of these gives it back without being closed.
    private let kernels: ClosedRange<UInt16>?
    /// Those that nobody shall take without being told to.
    private let reserved: [ClosedRange<UInt16>]

    /// - Parameters:
    ///   - range: what ip_local_port_range (ip(7)) says, as text: two numbers.
    ///   - reserved: what ip_local_reserved_ports says: numbers and ranges, `8080,9148-9150`.
    package init(range: [UInt8], reserved: [UInt8] = []) {
        let numbers = Self.numbers(range[...])
        // Below our first one, the kernel's choice would not be ours.
        kernels = numbers.count == 2 && Self.first <= numbers[0] && numbers[0] <= numbers[1] ? numbers[0]...numbers[1] : nil
        self.reserved = reserved.split(separator: UInt8(ascii: ",")).compactMap { part in
            let ends = Self.numbers(part)
            guard let low = ends.first, let high = ends.last, low <= high else { return nil }
            return low...high
        }
    }

    private static func numbers(_ text: ArraySlice<UInt8>) -> [UInt16] {
        text.split { !(48...57).contains($0) }.compactMap { UInt16(String(decoding: $0, as: UTF8.self)) }
    }

    /// The port that an unpredictable number comes to; nil: any of those the kernel has, as it chooses.
    func choice(_ random: UInt32) -> UInt16? {
        let port = Self.port(random)
        return kernels?.contains(port) ?? false || reserved.contains { $0.contains(port) } ? nil : port
    }

    /// - Parameter random: an unpredictable number.
    package static func port(_ random: UInt32) -> UInt16 {
        let ports = UInt32(UInt16.max - first) + 1
        return first + UInt16(truncatingIfNeeded: (UInt64(random) * UInt64(ports)) >> 32)
    }
}
