// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Steering
import Wire

/// What a ledger of many leases costs: memory, an answer for a new name and for a known one, and what it takes to write it all down.
struct LedgerCost {
    let count: Int

    func measure() {
        var ledger = Ledger(bounds: Ledger.Bounds(perRule: 1 << 30, perSet: 1 << 30), grace: 1_800_000)
        let now = Instant(milliseconds: 1_000_000)
        let owners = (0..<count).map { "host-\($0).corp.example" }
        let before = residentBytes()
        let begin = microseconds()
        for (number, text) in owners.enumerated() { give(&ledger, text, number, now) }
        let new = microseconds() - begin
        let after = residentBytes()
        let again = microseconds()
        for (number, text) in owners.enumerated() { give(&ledger, text, number, now + 1000) }
        let known = microseconds() - again
        let copying = microseconds()
        let copy = ledger.copy
        give(&ledger, "one.more.example", count, now)
        let copied = microseconds() - copying
        let writing = microseconds()
        let image = copy.image(ImageClock(now: now, wall: 1_800_000_000, boot: []))
        let written = microseconds() - writing
        var read = Ledger(bounds: Ledger.Bounds(perRule: 1 << 30, perSet: 1 << 30), grace: 1_800_000)
        let reading = microseconds()
        let taken = (try? read.restore(image.span, ImageClock(now: now, wall: 1_800_000_000, boot: []))) ?? 0
        let restored = microseconds() - reading
        let looking = microseconds()
        _ = read.rematch(at: now) { _ in .init(.tunnel, rule: 1) }
        let matched = microseconds() - looking
        print(
            "ok \(count) leases: \((after - before) / count) bytes each with names of the test (\(owners.map(\.utf8.count).reduce(0, +) / count)"
                + " bytes), new \(new * 1000 / count) ns, known \(known * 1000 / count) ns, copy \(copied) µs, image of \(image.count) bytes"
                + " \(written) µs, \(taken) restored in \(restored) µs, rematched in \(matched) µs")
    }

    private func give(_ ledger: inout Ledger, _ text: String, _ number: Int, _ now: Instant) {
        guard let name = Name(text) else { return }
        let owed = ledger.owe(
            [.v4(0x0B00_0000 + UInt32(number))], to: .tunnel, owner: Owner(name: name, matched: name), rule: 0, ttl: 300, at: now)
        ledger.settle(owed.changes, refused: [])
    }

    private func residentBytes() -> Int {
        guard let file = unsafe fopen("/proc/self/statm", "r") else { return 0 }
        defer { unsafe fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard unsafe fgets(&line, 128, file) != nil else { return 0 }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return (Int(text.split(separator: " ").dropFirst().first ?? "") ?? 0) * 4096
    }

    private func microseconds() -> Int {
        var time = timespec()
        unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000 + time.tv_nsec / 1000
    }
}
