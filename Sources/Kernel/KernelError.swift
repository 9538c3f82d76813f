// SPDX-License-Identifier: MIT
import Glibc

/// Why the kernel, or a program that speaks to it for us, did not do what was asked. Mapped once, here.
package enum KernelError: Error, Hashable, Sendable {
    /// A system call or netlink request failed: what was being done, and the kernel's errno.
    case call(String, errno: Int32)
    /// A set, or the table around it, is not there: somebody removed it, and it is to be built again.
    case missing(String)
    /// A set has reached the size it was declared with.
    case full(String)
    /// libnftables refused a ruleset; its own words.
    case ruleset(String)
    /// A program ended with a status other than 0; what it wrote to its error output.
    case program(String, status: Int32, text: String)
    /// What was being waited for did not come within its time.
    case timedOut(String)
    /// The kernel's answer was not understood, or did not come: what was being done.
    case unreadable(String)
}

extension KernelError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .call(let operation, let errno): "\(operation): \(Self.text(of: errno))"
        case .missing(let name): "\(name) is not in the kernel"
        case .full(let name): "\(name) is full"
        case .ruleset(let text): "nftables: \(text)"
        case .program(let name, let status, let text): "\(name) ended with \(status)" + (text.isEmpty ? "" : ": \(text)")
        case .timedOut(let operation): "\(operation): no end in time"
        case .unreadable(let operation): "\(operation): the kernel's answer is not readable"
        }
    }

    private static func text(of errno: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        guard unsafe strerror_r(errno, &buffer, buffer.count) == 0 else { return "errno \(errno)" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
