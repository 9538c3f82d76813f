// SPDX-License-Identifier: MIT
import CLinux
import Glibc

/// Hears when another process changes our tables: a firewall's `nft flush ruleset` takes `inet sluice` along, and tells nobody else.
///
/// Wait for its descriptor to become readable, then drain it.
package struct NftMonitor: ~Copyable {
    private var socket: NetlinkSocket
    private let process = OwnProcess()
    /// Something of ours was in the batch whose end has not come yet.
    private var isTouched = false

    private static let operation = "hear nftables events"
    /// NFNLGRP_NFTABLES is 7; a mask has a bit for each group.
    private static let groups: UInt32 = 1 << 6
    private static let subsystem: UInt16 = 10
    private static let newGeneration: UInt16 = 0x0A0F
    private static let tables: Set<String> = ["sluice", "sluice_guard"]

    /// From here on nothing is missed.
    ///
    /// - Parameter writers: the ports of our own `SetWriter`s. Their commits then do not even make the descriptor readable.
    ///
    /// Errors: no netlink, or no nftables in the kernel.
    package init(ignoring writers: [UInt32] = []) throws(KernelError) {
        socket = try Self.listen(ignoring: writers)
    }

    private static func listen(ignoring writers: [UInt32]) throws(KernelError) -> NetlinkSocket {
        let socket = try NetlinkSocket(NETLINK_NETFILTER, groups: Self.groups)
        // Another program's hundred thousand elements fit; what is more than this counts as a change of ours.
        socket.allow(bytes: 64 << 20)
        try socket.ignore(ports: writers)
        return socket
    }

    /// Non-blocking.
    package var descriptor: Int32 { socket.descriptor }

    /// Says anew which sockets' commits are ours, 200 at most.
    package func ignore(_ writers: [UInt32]) throws(KernelError) { try socket.ignore(ports: writers) }

    /// Whether another process has changed something in a table of ours since the last call, or more happened than the socket could hold.
    ///
    /// What this process does by libnftables does not count either.
    package mutating func drain() throws(KernelError) -> Bool {
        var isChanged = false
        while true {
            do {
                guard let messages = try socket.receive(Self.operation) else { return isChanged }
                for message in messages where hear(message) { isChanged = true }
            } catch .call(_, errno: ENOBUFS) {
                // The kernel has dropped what did not fit, and perhaps the end of a batch.
                (isChanged, isTouched) = (true, false)
            }
        }
    }

    /// Batches do not mix: the kernel tells of all objects of one, then of the new generation, which names the committer.
    private mutating func hear(_ message: NetlinkMessage) -> Bool {
        guard message.type >> 8 == Self.subsystem, let family = message.payload.first else { return false }
        let attributes = message.attributes(skipping: 4)
        guard message.type == Self.newGeneration else {
            // Every object names its table first: NFTA_TABLE_NAME, NFTA_CHAIN_TABLE and so on are all 1. NFPROTO_INET is 1.
            if family == 1, let table = attributes[UInt16(NFTA_TABLE_NAME.rawValue)]?.text, Self.tables.contains(table) { isTouched = true }
            return false
        }
        defer { isTouched = false }
        let thread = attributes[UInt16(NFTA_GEN_PROC_PID.rawValue)]?.number?.bigEndian
        let name = attributes[UInt16(NFTA_GEN_PROC_NAME.rawValue)]?.text
        return isTouched && !process.isOwn(thread: thread ?? 0, name: name ?? "")
    }
}

/// Tells whether a committer that the kernel names is this process.
private struct OwnProcess {
    /// In the first PID namespace, whose numbers the kernel gives.
    private let numbersAreOurs: Bool
    private let name: String

    init() {
        var link = [CChar](repeating: 0, count: 64)
        let count = unsafe readlink("/proc/self/ns/pid", &link, link.count)
        // PROC_PID_INIT_INO of <linux/proc_ns.h>.
        numbersAreOurs = String(decoding: link.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self) == "pid:[4026531836]"
        var text = [CChar](repeating: 0, count: 17)
        _ = unsafe sluice_thread_name(&text)
        name = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// - Parameter thread: NFTA_GEN_PROC_PID, which in spite of its name is the number of a thread.
    ///
    /// In a PID namespace of its own a process cannot learn its number outside; there the name of the program has to do.
    func isOwn(thread: UInt32, name: String) -> Bool {
        numbersAreOurs ? unsafe access("/proc/self/task/\(thread)", F_OK) == 0 : name == self.name
    }
}
