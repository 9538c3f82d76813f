// SPDX-License-Identifier: MIT
import Policy
import Testing
import Wire
import Workbench

@testable import Resolving

/// What is kept where; the stories are scenarios.
@Suite struct CacheTests {
    private let ask = Ask(.outside, ServerAddress(.of("198.51.100.53")))
    private let now = Instant(milliseconds: 1000)

    private func key(_ name: String, _ type: RecordType) -> Cache.Key {
        Cache.Key(partition: 1, question: Question(name: .of(name), type: type), dnssecOK: false, checkingDisabled: false)
    }

    private func answer(_ name: String, _ type: RecordType, _ records: [Message.Record] = [], denied: Bool = false) throws -> Answer {
        var message = Message(.of(name), type, records)
        message.flags |= denied ? 3 : 0
        message.authorities = [.soa(.of("example"), ttl: 60, minimum: 60)]
        var edns: EDNS?
        let judged = Judged(
            message.bytes.span, to: Query(asking: Question(name: .of(name), type: type)), as: Wording(id: message.id), edns: &edns)
        guard case .answer(let answer) = judged else { throw NoAnswer() }
        return answer
    }

    private struct NoAnswer: Error {}

    /// Who asks for a thousand types of a name that is not there takes the room of one answer, and asks once. Type 0 is a type as well.
    @Test func aDeniedNameIsKeptOnce() throws {
        var cache = Cache(capacity: 10_000)
        cache.insert(try answer("gone.example", .a, denied: true), from: ask, for: key("gone.example", .a), at: now, rules: nil)
        for type in 0..<1000 as Range<UInt16> {
            #expect(cache.find(key("gone.example", RecordType(rawValue: type)), at: now, rules: nil)?.answer.code == .nameError)
        }
        #expect(cache.count == 1)
        for (name, partition, dnssecOK, checkingDisabled) in [
            ("gone.example", 2, false, false), ("gone.example", 1, true, false), ("gone.example", 1, false, true),
            ("x.gone.example", 1, false, false),
        ] {
            let question = Question(name: .of(name), type: .txt)
            let other = Cache.Key(partition: partition, question: question, dnssecOK: dnssecOK, checkingDisabled: checkingDisabled)
            #expect(cache.find(other, at: now, rules: nil) == nil)
        }
        #expect(cache.remove(atOrBelow: .of("example")) == 1)
        #expect(cache.find(key("gone.example", .txt), at: now, rules: nil) == nil)
    }

    /// In whichever order a thousand words on one name come, each type has its own last word, or finds that there is no such name where one said so.
    @Test func everyTypeHasItsOwnLastWord() throws {
        var random = SeededRandom(seed: 2308)
        var cache = Cache(capacity: 100_000, staleWindow: 0)
        var last: [RecordType: (code: ResponseCode, over: Instant)] = [:]
        var time = now
        for _ in 0..<3000 {
            let type = [RecordType.a, .aaaa, .txt, .https, RecordType(rawValue: 0)].randomElement(using: &random) ?? .a
            let isDenied = Bool.random(using: &random)
            cache.insert(try answer("x.example", type, denied: isDenied), from: ask, for: key("x.example", type), at: time, rules: nil)
            last[type] = (isDenied ? .nameError : .noError, time + 60_000)
            time = time + Int64.random(in: 0...40_000, using: &random)
            for (type, word) in last {
                let found = cache.find(key("x.example", type), at: time, rules: nil)
                if word.over > time {
                    #expect(found?.answer.code == word.code && found?.over == word.over)
                } else if let found {
                    #expect(found.answer.code == .nameError && last.values.contains { $0.code == .nameError && $0.over == found.over })
                }
            }
            #expect(cache.count <= last.count)
        }
    }

    /// An answer that fits nowhere throws nothing out.
    @Test func oneTooLargeThrowsNothingOut() throws {
        var cache = Cache(capacity: 4000)
        cache.insert(try answer("a.example", .a), from: ask, for: key("a.example", .a), at: now, rules: nil)
        let many = (0..<200).map { Message.Record.address(.of("b.example"), .v4(0xC000_0200 + $0)) }
        cache.insert(try answer("b.example", .a, many), from: ask, for: key("b.example", .a), at: now, rules: nil)
        #expect(cache.find(key("a.example", .a), at: now, rules: nil) != nil)
        #expect(cache.find(key("b.example", .a), at: now, rules: nil) == nil)
    }
}
