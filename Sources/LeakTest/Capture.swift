// SPDX-License-Identifier: MIT
import CLinux
import Glibc

/// One packet socket that sees every packet of this network namespace: all interfaces, tunnels and `lo` included, both directions.
///
/// Outgoing packets are seen where the driver takes them, after all of netfilter and the queues: what was dropped before did not leave and is not
/// seen. Not seen either: other namespaces, AF_XDP, and senders with PACKET_QDISC_BYPASS.
struct Capture: ~Copyable {
    let descriptor: Int32
    /// The largest packet the kernel can hand up (GRO_MAX_SIZE), so that none is cut.
    private var buffer = [UInt8](repeating: 0, count: 8 * 65535)

    /// `receiveBuffer` in bytes; beyond net.core.rmem_max it takes CAP_NET_ADMIN.
    init(receiveBuffer: Int) throws(LeakError) {
        // SOCK_DGRAM: packets begin with the network header, whatever the link layer. Protocol 0: nothing is received before the buffer has its size.
        descriptor = socket(AF_PACKET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else {
            let code = errno
            throw code == EPERM || code == EACCES
                ? .notPermitted("capturing packets takes root or CAP_NET_RAW") : .system(call: "socket(AF_PACKET)", errno: code)
        }
        var size = Int32(clamping: receiveBuffer)
        let length = socklen_t(MemoryLayout<Int32>.size)
        if unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &size, length) != 0 {
            // Without CAP_NET_ADMIN the buffer stays as large as the machine allows; losses are counted and reported.
            _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, length)
        }
        guard sluice_packet_bind_all(descriptor) == 0 else {
            throw .system(call: "bind(AF_PACKET)", errno: errno)
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Shows waiting packets to `record`, at most 4096, so that a link that never rests cannot hold up the run. Says whether none is left.
    mutating func drain(into record: inout Sightings) throws(LeakError) -> Bool {
        for _ in 0..<4096 {
            var from = sockaddr_ll()
            let count = unsafe buffer.withUnsafeMutableBytes { bytes in
                unsafe sluice_packet_receive(descriptor, bytes.baseAddress, bytes.count, &from)
            }
            if count < 0 {
                switch errno {
                case EAGAIN: return true
                // ENETDOWN tells of one interface; the socket goes on.
                case EINTR, ENETDOWN: continue
                case let code: throw .system(call: "recvfrom(AF_PACKET)", errno: code)
                }
            }
            record.note(
                buffer.span.extracting(first: min(count, buffer.count)), index: from.sll_ifindex, hardware: from.sll_hatype,
                isOutgoing: from.sll_pkttype == UInt8(PACKET_OUTGOING))
        }
        return false
    }

    /// Closes the eyes: what waits can still be drained, nothing comes in addition.
    borrowing func stop() throws(LeakError) {
        guard sluice_packet_stop(descriptor) == 0 else { throw .system(call: "setsockopt(SO_ATTACH_FILTER)", errno: errno) }
    }

    /// Packets the kernel could not keep for us since the last call.
    borrowing func losses() throws(LeakError) -> Int {
        var statistics = tpacket_stats()
        guard unsafe sluice_packet_statistics(descriptor, &statistics) == 0 else {
            throw .system(call: "getsockopt(PACKET_STATISTICS)", errno: errno)
        }
        return Int(statistics.tp_drops)
    }
}
