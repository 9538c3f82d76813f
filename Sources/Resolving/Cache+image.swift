// SPDX-License-Identifier: MIT
import Policy
import Steering
import Wire

/// The answers of one run for the next (`[cache] keep`), all numbers little-endian:
///
///     "SLUICECA"  version: 2  boot: 16  cache's clock: 8 (ms)  wall clock: 8 (s)  network: text  answers: 4
///     for each answer: tunnel: text  servers: 1, for each: path: text  server: text  the one that answered: 1
///                      flags: 1 (1: DO, 2: CD, 4: AD counts)  name: 1 and its bytes  type: 2  when it came: 8  message: 2 and its bytes
///     sum of all before: 8
///
/// A text is its bytes behind their count in two. What comes back is judged like any reply.
extension Resolver {
    private static let magic = Array("SLUICECA".utf8)
    private static let version: UInt16 = 2

    /// All answers that are kept.
    /// - Parameter network: which network this is, so that nobody is told elsewhere what it said; empty: unknown, and only the tunnel's are kept.
    package func cacheImage(_ clock: ImageClock, network: String) -> [UInt8] {
        var bytes = Self.magic
        bytes.add(Self.version)
        bytes += clock.boot
        bytes.add(UInt64(bitPattern: clock.now.milliseconds))
        bytes.add(UInt64(bitPattern: clock.wall))
        bytes.add(network)
        let place = bytes.count
        bytes.add(UInt32(0))
        var count: UInt32 = 0
        let groups = partitions.groups
        cache.forEach { key, answer, ask, came in
            guard let group = groups[key.partition], group.network == snapshot.network, let from = group.asks.firstIndex(of: ask),
                group.asks.count <= UInt8.max, answer.body.count < Int(UInt16.max) - 512
            else { return }
            count += 1
            bytes.add(group.tunnel ?? "")
            bytes.append(UInt8(group.asks.count))
            for ask in group.asks {
                bytes.add(ask.path.rawValue)
                bytes.add("\(ask.server)")
            }
            bytes.append(UInt8(from))
            bytes.append((key.dnssecOK ? 1 : 0) | (key.checkingDisabled ? 2 : 0) | (answer.authenticated ? 4 : 0))
            var name: [UInt8] = []
            name.append(key.question.name)
            bytes.append(UInt8(name.count))
            bytes += name
            bytes.add(key.question.type.rawValue)
            bytes.add(UInt64(bitPattern: came.milliseconds))
            let message = answer.message
            bytes.add(UInt16(message.count))
            bytes += message
        }
        for shift in 0..<4 { bytes[place + shift] = UInt8(truncatingIfNeeded: count >> UInt32(shift * 8)) }
        bytes.add(ImageSum.of(bytes.span, bytes.count))
        return bytes
    }

    /// Takes in what an earlier run kept, less the time between.
    /// - Parameters:
    ///   - network: which network this is.
    ///   - number: its number in the snapshot that is to be adopted (`Snapshot.network`).
    /// - Returns: how many answers. None is taken in, if it throws.
    package mutating func restoreCache(
        _ image: Span<UInt8>, _ clock: ImageClock, network: String, number: Int
    ) throws(ImageError) -> Int {
        var reader = ImageReader(image)
        guard reader.take(Self.magic.count) == Self.magic else { throw .foreign }
        let version: UInt16 = reader.number()
        guard version == Self.version else { throw .version(version) }
        guard ImageSum.isRight(image) else { throw .damaged }
        let boot = reader.take(16)
        let then = Instant(milliseconds: Int64(bitPattern: reader.number()))
        let earlier = ImageClock(now: then, wall: Int64(bitPattern: reader.number()), boot: boot)
        let isHere = reader.text() == network && !network.isEmpty
        let count: UInt32 = reader.number()
        let passed = clock.milliseconds(since: earlier)
        var restored = 0
        for _ in 0..<count {
            guard !reader.isShort, let kept = Kept(&reader), !reader.isShort else { break }
            let age = passed + max(0, then - kept.came)
            guard isHere || kept.asks.allSatisfy({ $0.path == .tunnel }), age < Int64(Answer.longestTTL) * 1000 + cache.staleWindow,
                let answer = kept.answer
            else { continue }
            let group = Partitions.Group(asks: kept.asks, tunnel: kept.tunnel, network: number)
            let key = Cache.Key(
                partition: partitions.number(of: group), question: kept.query.question, dnssecOK: kept.query.dnssecOK,
                checkingDisabled: kept.query.flags.contains(.checkingDisabled))
            cache.insert(answer, from: kept.asks[kept.from], for: key, at: clock.now + -age, rules: nil)
            restored += 1
        }
        return restored
    }

    private struct Kept {
        let tunnel: String?
        let asks: [Ask]
        let from: Int
        let query: Query
        let isTrusted: Bool
        let came: Instant
        let message: [UInt8]

        init?(_ reader: inout ImageReader) {
            let tunnel = reader.text()
            self.tunnel = tunnel.isEmpty ? nil : tunnel
            var asks: [Ask] = []
            for _ in 0..<(reader.number() as UInt8) {
                guard let path = Path(rawValue: reader.text()), let server = ServerAddress(reader.text()) else { return nil }
                asks.append(Ask(path, server))
            }
            self.asks = asks
            from = Int(reader.number() as UInt8)
            let flags: UInt8 = reader.number()
            isTrusted = flags & 4 != 0
            guard from < asks.count, let name = reader.name() else { return nil }
            let question = Question(name: name, type: RecordType(rawValue: reader.number()))
            let asked = Query(asking: question)
            query = Query(
                id: asked.id, flags: flags & 2 != 0 ? [.recursionDesired, .checkingDisabled] : .recursionDesired, question: question,
                rawQuestion: asked.rawQuestion, edns: EDNS(dnssecOK: flags & 1 != 0))
            came = Instant(milliseconds: Int64(bitPattern: reader.number()))
            message = reader.take(Int(reader.number() as UInt16))
        }

        var answer: Answer? {
            var edns: EDNS?
            let id = message.count > 1 ? UInt16(message[0]) << 8 | UInt16(message[1]) : 0
            guard case .answer(let answer) = Judged(message.span, to: query, as: Wording(id: id), isTrusted: isTrusted, edns: &edns) else {
                return nil
            }
            return answer
        }
    }
}

extension ImageReader {
    @_lifetime(self: copy self)
    fileprivate mutating func text() -> String {
        let count: UInt16 = number()
        return String(decoding: take(Int(count)), as: UTF8.self)
    }
}

extension [UInt8] {
    fileprivate mutating func add(_ text: String) {
        let bytes = Array(text.utf8.prefix(Int(UInt16.max)))
        add(UInt16(bytes.count))
        self += bytes
    }
}
