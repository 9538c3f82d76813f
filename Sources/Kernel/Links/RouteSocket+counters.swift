// SPDX-License-Identifier: MIT
import CLinux
import Glibc

/// What a link has carried since it is there.
package struct LinkCounters: Hashable, Sendable {
    /// Packets.
    package let received: UInt64
    package let sent: UInt64
    package let receivedBytes: UInt64
    package let sentBytes: UInt64

    package init(received: UInt64 = 0, sent: UInt64 = 0, receivedBytes: UInt64 = 0, sentBytes: UInt64 = 0) {
        self.received = received
        self.sent = sent
        self.receivedBytes = receivedBytes
        self.sentBytes = sentBytes
    }
}

extension RouteSocket {
    /// The counters of one link, without all else that is known of it. Errors: ENODEV when it is gone.
    package mutating func counters(of link: UInt32) throws(KernelError) -> LinkCounters {
        let operation = "read a link's counters"
        var request = NetlinkBuffer()
        // if_stats_msg: family, padding, index, which groups of counters.
        var header = NetlinkBuffer()
        header.append(UInt32(0))
        header.append(link)
        header.append(UInt32(1) << (UInt32(IFLA_STATS_LINK_64) - 1))
        request.message(UInt16(RTM_GETSTATS), flags: 0, sequence: socket.nextSequence(), header: header.bytes) { _ in }
        for message in try socket.ask(request, operation) {
            // rtnl_link_stats64 begins with packets received and sent, then bytes.
            guard let value = message.attributes(skipping: 12)[UInt16(IFLA_STATS_LINK_64)]?.value,
                let received = value.native(UInt64.self, at: 0), let sent = value.native(UInt64.self, at: 8),
                let receivedBytes = value.native(UInt64.self, at: 16), let sentBytes = value.native(UInt64.self, at: 24)
            else { continue }
            return LinkCounters(received: received, sent: sent, receivedBytes: receivedBytes, sentBytes: sentBytes)
        }
        throw .unreadable(operation)
    }
}
