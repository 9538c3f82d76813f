// SPDX-License-Identifier: MIT
import Glibc
import Steering
import Testing
import Wire

@testable import Kernel

@Suite(.serialized, .enabled(if: isRoot, "needs root: makes network namespaces")) struct NftMonitorTests {
    @Test(arguments: [
        "flush ruleset", "delete table inet sluice", "flush chain inet sluice output", "add rule inet sluice output counter",
        "delete element inet sluice tunnel4 { 192.0.2.7 }", "add element inet sluice direct4 { 192.0.2.9 timeout 1h }",
        "add table inet foreign; add table inet sluice_guard",
    ])
    func whatAnotherProcessDoesToOurTablesIsHeard(_ command: String) throws {
        let room = try Room()
        try room.run {
            try Nftables().load(RulesetPlan(), elements: [.learned(.tunnel, IPAddress("192.0.2.7")!)])
            var monitor = try NftMonitor()
            #expect(try !monitor.drain())
            try room.shell("nft '\(command)'")
            #expect(try monitor.drain())
            #expect(try !monitor.drain())
        }
    }

    @Test func otherTablesAndOurOwnCommitsAreNot() throws {
        let room = try Room()
        try room.run {
            var writer = try SetWriter()
            var monitor = try NftMonitor(ignoring: [writer.port])
            let add = SetChange(.tunnel, IPAddress("192.0.2.7")!, .add(seconds: nil))
            try room.shell(
                "nft 'add table ip sluice; add table inet sluice2; add chain inet sluice2 output'; nft delete table ip sluice")
            #expect(try !monitor.drain())
            try Nftables().load(RulesetPlan())
            #expect(isReadable(monitor.descriptor))
            #expect(try !monitor.drain())
            #expect(try writer.commit([add]) == [])
            #expect(!isReadable(monitor.descriptor))
            // Without the filter the end of the batch tells.
            try monitor.ignore([])
            #expect(try writer.commit([SetChange(.tunnel, add.address, .remove)]) == [])
            #expect(isReadable(monitor.descriptor))
            #expect(try !monitor.drain())
            // And after it, still: nobody's batch is taken for ours.
            try monitor.ignore([1, writer.port, 3])
            #expect(try writer.commit([add]) == [])
            try room.shell("nft flush set inet sluice tunnel4")
            #expect(try monitor.drain())
        }
    }

    @Test func aCommitOfAnotherThreadOfOursIsOurs() throws {
        let room = try Room()
        try room.run {
            var monitor = try NftMonitor()
            let ends = Ends()
            let thread = try startThread {
                ends.loaded = (try? room.run { try Nftables().load(RulesetPlan()) }) != nil
                ends.wait()
            }
            while !isReadable(monitor.descriptor) { usleep(1000) }
            #expect(try !monitor.drain())
            ends.release()
            pthread_join(thread, nil)
            #expect(ends.loaded)
        }
    }

    @Test func anOverflowCountsAsAChange() throws {
        let room = try Room()
        try room.run {
            var monitor = try NftMonitor()
            var size: Int32 = 4096
            unsafe setsockopt(monitor.descriptor, SOL_SOCKET, SO_RCVBUF, &size, 4)
            let addresses = (0..<2000).map { "\(IPAddress.v4(0x0B00_0000 + UInt32($0)))" }.joined(separator: ", ")
            try room.shell("nft -f - <<'END'\ntable inet foreign {\nset many {\ntype ipv4_addr\nelements = { \(addresses) }\n}\n}\nEND")
            #expect(try monitor.drain())
            #expect(try !monitor.drain())
        }
    }

    /// Alternating, so that the machine's mood is the same for all three.
    @Test func hearingCostsACommitLittle() throws {
        try Room().run {
            try Nftables().load(RulesetPlan())
            var writer = try SetWriter()
            var times: [[Double]] = [[], [], []]
            func commits(_ kind: Int) throws {
                for number in 0..<500 {
                    let change = [SetChange(.tunnel, .v4(0xC000_0000 + UInt32(number)), .add(seconds: nil))]
                    let start = nanoseconds()
                    _ = try writer.commit(change)
                    times[kind].append(Double(nanoseconds() - start) / 1000)
                }
                try writer.flush(.tunnel4)
            }
            for _ in 0..<8 {
                try commits(0)
                do {
                    var monitor = try NftMonitor(ignoring: [writer.port])
                    try commits(1)
                    #expect(try !monitor.drain())
                }
                do {
                    var monitor = try NftMonitor()
                    try commits(2)
                    #expect(try !monitor.drain())
                }
            }
            let medians = times.map { $0.sorted()[$0.count / 2] }
            print("a commit alone \(medians[0]) µs, heard and filtered \(medians[1]) µs, heard \(medians[2]) µs")
            #expect(medians[1] < medians[0] * 2 + 5)
        }
    }
}

private func isReadable(_ descriptor: Int32) -> Bool {
    var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&wait, 1, 0) > 0
}

/// Keeps a thread until it is released.
private final class Ends {
    var loaded = false
    private let pipe: [Int32]

    init() {
        var ends: [Int32] = [-1, -1]
        unsafe Glibc.pipe(&ends)
        pipe = ends
    }

    func wait() {
        var byte: UInt8 = 0
        unsafe read(pipe[0], &byte, 1)
    }

    func release() { unsafe write(pipe[1], "!", 1) }

    deinit { for end in pipe { close(end) } }
}
