// SPDX-License-Identifier: MIT
import Glibc
import Rules
import Wire

/// Loads a plain list and looks names up in it, hits and misses.
struct RuleLookups {
    let file: String
    let count: Int

    func run() {
        let idle = Self.resident()
        var last = Moment()
        var bytes = read()
        let size = bytes.count
        last = show("read", since: last)
        var builder = MatcherBuilder()
        builder.reserve(listBytes: bytes.count)
        builder.begin(file: file, treatment: Treatment(.tunnel))
        ListReader(.plain, file: file, action: .tunnel, idna: { _ in nil }).read(bytes.span, into: &builder)
        bytes = []
        last = show("parse", since: last)
        let matcher = Matcher(builder)
        _ = show("freeze", since: last)
        print(
            "rules \(matcher.count) of \(size) bytes, \(matcher.problems.count) problems; memory \(idle) kB before, \(Self.resident()) kB after"
        )

        var generator = NameGenerator(seed: 1)
        var other = NameGenerator(seed: 2)
        let rules = matcher.count
        // Every so many names of the list's own generator.
        var hits: [Name] = []
        for number in 0..<rules where hits.count < count {
            let text = generator.next()
            if number % max(1, rules / count) == 0, let name = Name(text) { hits.append(name) }
        }
        let misses = (0..<count).compactMap { _ in Name("q" + other.next() + "q") }
        measure("hit", hits.shuffled(), matcher, expected: true)
        measure("below", hits.shuffled().compactMap { Name("www.\($0)") }, matcher, expected: true)
        measure("miss", misses, matcher, expected: false)
    }

    private struct Moment {
        let wall = Bench.now()
        /// Of the processor, which other processes do not lengthen as much.
        let own = Bench.now(CLOCK_PROCESS_CPUTIME_ID)
    }

    private func show(_ what: String, since: Moment) -> Moment {
        let now = Moment()
        print("\(what) \((now.wall - since.wall) / 1_000_000) ms, processor \((now.own - since.own) / 1_000_000) ms")
        return now
    }

    /// The time of each lookup, in a name that has just been written, as a question's has.
    private func measure(_ what: String, _ names: [Name], _ matcher: Matcher, expected: Bool) {
        var times: [UInt64] = []
        var idle: [UInt64] = []
        var wrong = 0
        times.reserveCapacity(names.count)
        for index in names.indices {
            let name = names[index]
            guard name.count > 0 else { continue }
            let start = Bench.now()
            let isFound = matcher.match(name) != nil
            let end = Bench.now()
            times.append(end - start)
            idle.append(Bench.now() - end)
            if isFound != expected { wrong += 1 }
        }
        times.sort()
        idle.sort()
        let start = Bench.now()
        var found = 0
        for name in names where matcher.match(name) != nil { found += 1 }
        let mean = (Bench.now() - start) / UInt64(max(1, names.count))
        let (half, most) = (times[times.count / 2], times[times.count * 99 / 100])
        print(
            "\(what): median \(half - min(half, idle[idle.count / 2])) ns, p99 \(most) ns, mean in a row \(mean) ns, \(wrong) unexpected, \(found)"
        )
    }

    private func read() -> [UInt8] {
        let fd = unsafe open(file, O_RDONLY)
        guard fd >= 0 else { exit(1) }
        defer { close(fd) }
        let size = Int(lseek(fd, 0, SEEK_END))
        lseek(fd, 0, SEEK_SET)
        return unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size {
                let got = unsafe Glibc.read(fd, buffer.baseAddress?.advanced(by: count), size - count)
                guard got > 0 else { break }
                count += got
            }
        }
    }

    /// VmRSS, in kilobytes.
    private static func resident() -> Int {
        guard let file = unsafe fopen("/proc/self/statm", "r") else { return 0 }
        defer { unsafe _ = fclose(file) }
        var line = [CChar](repeating: 0, count: 200)
        guard unsafe fgets(&line, 200, file) != nil else { return 0 }
        let words = String(decoding: line.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(separator: " ")
        return words.count > 1 ? (Int(words[1]) ?? 0) * 4 : 0
    }
}
