// SPDX-License-Identifier: MIT
import Testing
import Wire
import Workbench

/// No bytes from the network can stop the process (shared design, invariant 6).
@Suite struct MutationTests {
    @Test func mutatedQuestionsNeverTrapAndRepliesToThemParse() throws {
        var random = SeededRandom(seed: 9619)
        var replies = 0
        var questions = 0
        for _ in 0..<20_000 {
            let mutant = random.mutate(try #require(WireMessage.all.randomElement(using: &random)).bytes)
            switch Received(mutant.span) {
            case .ignored: continue
            case .reply(let reply):
                replies += 1
                #expect(LdnsOpinion(reply)?.isResponse == true, "\(reply) to \(mutant)")
            case .query(let query):
                questions += 1
                for reply in [query.reply(.serverFailure, error: ExtendedError(22, "x")), query.fitted(query.reply(.nameError))] {
                    #expect(LdnsOpinion(reply)?.questions == 1, "\(reply) to \(mutant)")
                }
                #expect(LdnsOpinion(query.upstream(id: 7))?.id == 7, "\(mutant)")
            }
        }
        #expect(replies > 1000 && questions > 200)
    }

    @Test func mutatedRepliesNeverTrapAndWhatIsHandedOutParses() throws {
        var random = SeededRandom(seed: 2308)
        var answers = 0
        for _ in 0..<20_000 {
            let original = try #require(WireMessage.replies.randomElement(using: &random))
            let query = try original.query
            let mutant = random.mutate(original.bytes)
            guard let answer = Judged(mutant.span, to: query, id: 0x1234).answer else { continue }
            answers += 1
            var handed = [query.reply(answer, age: 0), query.fitted(query.reply(answer, age: 100_000))]
            var cuts = [Cut(refused: answer.addresses.prefix(1)), Cut(), Cut()]
            cuts[1].malformed = true
            cuts[2].hints = [.v4, .v6]
            for cut in cuts { if let rest = answer.cutting(cut, for: query) { handed.append(query.reply(rest, age: 1)) } }
            _ = answer.serviceTargets
            #expect(Array(NameList(answer.aliases)) == Array(answer.aliases))
            for reply in handed {
                guard case .answer = Judged(reply.span, to: query, id: 0x1234) else {
                    if LdnsOpinion(reply)?.isTruncated == true { continue }
                    Issue.record("we do not read our own \(reply) of \(mutant)")
                    continue
                }
                // ldns takes data of rare types apart where we pass them on as they are: compare where it reads what came in,
                // with a record behind it, without which it does not look at where the last one ends.
                if mutant[11] == 0, LdnsOpinion(mutant.withOPT) != nil { #expect(LdnsOpinion(reply) != nil, "\(reply) of \(mutant)") }
            }
        }
        #expect(answers > 1500)
    }

    @Test func noiseNeverTraps() throws {
        var random = SeededRandom(seed: 6)
        let query = try Query(message: .query(.of("www.example"), .a))
        for _ in 0..<20_000 {
            var noise = (0..<Int.random(in: 0...200, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            if let reply = Received(noise.span).reply { #expect(LdnsOpinion(reply) != nil) }
            // Noise behind a header and question that fit.
            noise = Array(query.upstream(id: 0x1234).prefix(29)) + noise
            noise[2] |= 0x80
            noise[7] = 3
            noise[11] = 0
            _ = Judged(noise.span, to: query, id: 0x1234)
        }
    }
}

extension [UInt8] {
    /// This message with an OPT record behind its last record.
    fileprivate var withOPT: [UInt8] {
        var message = self
        message[11] += 1
        return message + [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0]
    }
}
