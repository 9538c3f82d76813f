// SPDX-License-Identifier: MIT
import Glibc

/// `net.ipv4.conf.all.src_valid_mark`: the reverse path filter looks with the packet's mark, so that replies from the tunnel pass it.
package enum SourceValidMark {
    private static let path = "/proc/sys/net/ipv4/conf/all/src_valid_mark"

    /// Turns it on. Returns whether it was on before, to be restored by `restore`.
    ///
    /// Where /proc is read-only, as in containers, it suffices that it is on already.
    @discardableResult package static func enable() throws(KernelError) -> Bool {
        if try isOn { return true }
        try write(true)
        return false
    }

    package static var isOn: Bool {
        get throws(KernelError) { try look() }
    }

    private static func look() throws(KernelError) -> Bool {
        var buffer: [UInt8] = [0]
        let reader = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard reader >= 0 else { throw .call("read \(path)", errno: errno) }
        let count = unsafe read(reader, &buffer, 1)
        close(reader)
        return count == 1 && buffer[0] == UInt8(ascii: "1")
    }

    package static func restore(_ former: Bool) throws(KernelError) { if !former { try write(false) } }

    private static func write(_ on: Bool) throws(KernelError) {
        let writer = unsafe open(path, O_WRONLY | O_CLOEXEC)
        guard writer >= 0 else { throw .call("write \(path)", errno: errno) }
        defer { close(writer) }
        guard unsafe Glibc.write(writer, on ? "1" : "0", 1) == 1 else { throw .call("write \(path)", errno: errno) }
    }
}
