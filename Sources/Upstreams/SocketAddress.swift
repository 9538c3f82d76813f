// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Wire

/// An address and port in the form the socket calls take, and back.
package struct SocketAddress {
    private var storage: sockaddr_storage
    private var length: socklen_t

    package init(_ address: IPAddress, port: UInt16, scope: UInt32 = 0) {
        storage = sockaddr_storage()
        switch address {
        case .v4(let raw):
            length = socklen_t(MemoryLayout<sockaddr_in>.size)
            var four = sockaddr_in()
            four.sin_family = sa_family_t(AF_INET)
            four.sin_port = port.bigEndian
            four.sin_addr = in_addr(s_addr: raw.bigEndian)
            unsafe withUnsafeMutableBytes(of: &storage) { unsafe $0.storeBytes(of: four, as: sockaddr_in.self) }
        case .v6(let high, let low):
            length = socklen_t(MemoryLayout<sockaddr_in6>.size)
            var six = sockaddr_in6()
            six.sin6_family = sa_family_t(AF_INET6)
            six.sin6_port = port.bigEndian
            six.sin6_scope_id = scope
            unsafe withUnsafeMutableBytes(of: &six.sin6_addr) {
                unsafe $0.storeBytes(of: high.bigEndian, as: UInt64.self)
                unsafe $0.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
            unsafe withUnsafeMutableBytes(of: &storage) { unsafe $0.storeBytes(of: six, as: sockaddr_in6.self) }
        }
    }

    /// What the kernel wrote; nil for families other than IPv4 and IPv6.
    package init?(_ storage: sockaddr_storage) {
        switch Int32(storage.ss_family) {
        case AF_INET: length = socklen_t(MemoryLayout<sockaddr_in>.size)
        case AF_INET6: length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        default: return nil
        }
        self.storage = storage
    }

    package var family: Int32 { Int32(storage.ss_family) }

    package var address: IPAddress {
        unsafe withUnsafeBytes(of: storage) { raw in
            if family == AF_INET { return unsafe .v4(raw.load(fromByteOffset: 4, as: UInt32.self).bigEndian) }
            return unsafe .v6(
                high: raw.load(fromByteOffset: 8, as: UInt64.self).bigEndian, low: raw.load(fromByteOffset: 16, as: UInt64.self).bigEndian
            ).unmapped
        }
    }

    package var port: UInt16 {
        // The same place in sockaddr_in and sockaddr_in6.
        unsafe withUnsafeBytes(of: storage) { unsafe $0.load(fromByteOffset: 2, as: UInt16.self).bigEndian }
    }

    /// Calls a socket function with this address.
    package func with<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        unsafe withUnsafePointer(to: storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, length) }
        }
    }
}
