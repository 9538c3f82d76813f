// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Upstreams
import Wire

/// Questions at a steady rate for names that two versions of the rules give to two servers; each answer's address tells by which version it was
/// decided, or by neither. Until SIGTERM, or for some seconds. Prints counts, and times in microseconds.
struct Versions {
    let rate: Int
    /// Names are n0 to n(names - 1) below the suffix.
    let names: Int
    let suffix: String
    let versions: [IPAddress]

    private struct Tally {
        var asked = 0
        var lost = 0
        /// Answered with an error: its upstream was silent.
        var failed = 0
        /// Answered by neither version.
        var other = 0
        var counts = [0, 0]
        var times: [Int32] = []
        /// By the question's id, the moment it was sent, in microseconds; 0: none is under way.
        var sent = [Int64](repeating: 0, count: 1 << 16)
    }

    /// An answer that takes longer is lost, in microseconds.
    private static let patience: Int64 = 2_000_000

    func run(seconds: Int) {
        let signals = sluice_signals()
        let fd = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        let server = SocketAddress(.v4(0x7F00_0035), port: 53)
        guard unsafe server.with({ unsafe connect(fd, $0, $1) }) == 0 else { Probe.fail("no socket") }
        // What comes while this program is not let run is not lost.
        var size: Int32 = 8 << 20
        _ = unsafe setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, socklen_t(MemoryLayout<Int32>.size))
        let packets = (0..<names).map { Probe.question("n\($0).\(suffix)", id: 0) }
        var tally = Tally()
        var random = SystemRandomNumberGenerator()
        let start = Self.now()
        print("versions of \(names) names")
        fflush(nil)
        var (ends, passed) = (false, 0)
        while !ends, Self.now() - start < Int64(seconds) * 1_000_000 {
            let due = Int((Self.now() - start) * Int64(rate) / 1_000_000)
            // What a stalled machine did not send in time is not sent at once afterwards.
            var burst = 0
            while passed < due, burst < 50 {
                var packet = packets[Int.random(in: 0..<names, using: &random)]
                let id = UInt16(truncatingIfNeeded: tally.asked)
                packet[0] = UInt8(id >> 8)
                packet[1] = UInt8(truncatingIfNeeded: id)
                if tally.sent[Int(id)] != 0 { tally.lost += 1 }
                tally.sent[Int(id)] = Self.now()
                tally.asked += 1
                passed += 1
                burst += 1
                if unsafe packet.withUnsafeBytes({ unsafe send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }) < 0 { break }
            }
            passed = due
            var polled = [pollfd(fd: fd, events: Int16(POLLIN), revents: 0), pollfd(fd: signals, events: Int16(POLLIN), revents: 0)]
            _ = unsafe poll(&polled, 2, 1)
            ends = polled[1].revents != 0
            receive(fd, &tally)
        }
        // The last ones are on their way.
        let end = Self.now()
        while tally.sent.contains(where: { $0 != 0 }), Self.now() - end < Self.patience {
            usleep(1000)
            receive(fd, &tally)
        }
        tally.lost += tally.sent.count { $0 != 0 }
        tell(tally)
    }

    private func receive(_ fd: Int32, _ tally: inout Tally) {
        var buffer = [UInt8](repeating: 0, count: 2048)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(fd, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT)) }
            guard count >= 12 else { return }
            let id = Int(buffer[0]) << 8 | Int(buffer[1])
            guard tally.sent[id] != 0 else { continue }
            let time = Self.now() - tally.sent[id]
            tally.sent[id] = 0
            if time > Self.patience { tally.lost += 1 } else { tally.times.append(Int32(clamping: time)) }
            let answer = buffer[12..<count]
            let version = versions.firstIndex { answer.firstRange(of: $0.bytes) != nil }
            if let version { tally.counts[version] += 1 } else if buffer[3] & 15 == 2 { tally.failed += 1 } else { tally.other += 1 }
        }
    }

    private func tell(_ tally: Tally) {
        let times = tally.times.sorted()
        func at(_ share: Double) -> Int32 { times.isEmpty ? 0 : times[min(times.count - 1, Int(Double(times.count) * share))] }
        print(
            "total asked \(tally.asked) lost \(tally.lost) first \(tally.counts[0]) second \(tally.counts[1]) other \(tally.other) failed \(tally.failed)"
                + " p50 \(at(0.5)) p99 \(at(0.99)) p999 \(at(0.999)) worst \(times.last ?? 0)")
    }

    private static func now() -> Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}
