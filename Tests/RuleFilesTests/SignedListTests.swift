// SPDX-License-Identifier: MIT
import Glibc
import RuleFiles
import Rules
import Testing
import Wire

/// Keys and signatures are made by the real minisign.
@Suite(.enabled(if: Minisign.isHere, "minisign is not here: run Packaging/lab/fetch-servers"))
struct SignedListTests {
    let scratch = Scratch()

    /// A list of names that is signed, and a rule file that includes it.
    private func begin(_ more: String...) throws -> String {
        let key = try Minisign.makeKey("k", in: scratch)
        scratch.write("list.txt", names(50))
        try sign(more)
        scratch.write("a.rules", "tunnel include plain list.txt signed \(key)\n")
        return key
    }

    private func sign(_ more: [String] = [], by key: String = "k") throws {
        try Minisign.run(["-S", "-s", scratch[key + ".key"], "-m", scratch["list.txt"]] + more)
    }

    @Test(arguments: [[], ["-H"], ["-l"], ["-t", "timestamp:99\tfile:list.txt"]])
    func aSignedListIsTaken(_ way: [String]) throws {
        let key = try Minisign.makeKey("k", in: scratch)
        scratch.write("list.txt", names(50))
        try sign(way)
        for written in [key, "k.pub", scratch["k.pub"]] {
            scratch.write("a.rules", "tunnel include plain list.txt signed \(written)\n")
            let book = try scratch.book()
            #expect(book.problems == [], "\(way) \(written)")
            #expect(book.decision("www.name7.example") == "tunnel list.txt:8")
            #expect(book.lists.first?.isSigned == true)
        }
    }

    /// Only looking at it checks the signature, too.
    @Test func aSignedListIsLookedAtOnlyIfItsSignatureIsRight() throws {
        let key = try begin()
        func look(_ key: String) throws -> String? {
            let line = "tunnel include plain \(scratch["list.txt"]) signed \(key)"
            guard case .include(let include)? = RuleParser.read(Array(line.utf8), file: "line", idna: { _ in nil }).items.first else {
                return "none"
            }
            do throws(Problem) {
                var builder = MatcherBuilder()
                try ListOnDisk(include).read(into: &builder)
                return Matcher(builder).count == 50 ? nil : "not whole"
            } catch {
                return error.message
            }
        }
        #expect(try look(key) == nil && look(scratch["k.pub"]) == nil)
        #expect(try look(Minisign.makeKey("other", in: scratch))?.contains("it is signed by the key") == true)
        #expect(try look("RWnonsense")?.contains("is no key of minisign") == true)
        scratch.write("list.txt", names(51))
        #expect(try look(key)?.contains("is not of these bytes") == true)
    }

    /// What a list or its signature may have suffered, and what is said of it.
    static let harms: [(String, @Sendable (Scratch) throws -> Void)] = [
        ("is not of these bytes", { $0.write("list.txt", names(50) + "evil.example\n") }),
        ("is not of these bytes", { $0.write("list.txt", names(49)) }),
        ("is missing", { $0.remove($0["list.txt.minisig"]) }),
        ("is no signature of minisign: it has not the four lines", { $0.write("list.txt.minisig", "") }),
        ("is no signature of minisign", { try $0.alter(line: 1) { String($0.dropLast(8)) } }),
        ("is no signature of minisign", { try $0.alter(line: 3) { "*" + $0.dropFirst() } }),
        ("is no signature of minisign", { try $0.alter(line: 2) { _ in "comment: nothing" } }),
        ("is not of these bytes", { try $0.alter(line: 1) { $0.exchanged(at: 60) } }),
        ("the trusted comment of its signature was changed", { try $0.alter(line: 2) { $0 + "0" } }),
        ("the trusted comment of its signature was changed", { try $0.alter(line: 3) { $0.exchanged(at: 30) } }),
        ("it is signed by the key", { try $0.alter(line: 1) { $0.exchanged(at: 5) } }),
        ("it has more than 16 KiB", { $0.write("list.txt.minisig", String(repeating: "untrusted comment: x\n", count: 2000)) }),
        (
            "it is a folder, not a file",
            {
                $0.remove($0["list.txt.minisig"]); unsafe mkdir($0["list.txt.minisig"], 0o755)
            }
        ),
        ("is no signature of minisign", { $0.write("list.txt.minisig", (0..<3000).map { UInt8(truncatingIfNeeded: $0 &* 7) }) }),
        (
            "it is signed by the key",
            {
                _ = try Minisign.makeKey("other", in: $0)
                try Minisign.sign($0["list.txt"], by: "other", in: $0)
            }
        ),
    ]

    @Test(arguments: harms.indices) func aHarmedListIsNotTaken(_ number: Int) throws {
        let (text, harm) = Self.harms[number]
        _ = try begin()
        // Nothing was taken before: it is an error, and nothing of it is in force.
        try harm(scratch)
        let first = try scratch.book(state: "fresh")
        #expect(first.errors.count == 1 && first.errors[0].contains(text), "\(first.problems)")
        #expect(first.matcher.count == 0)
        // What was taken before stays.
        scratch.remove(scratch["list.txt.minisig"])
        _ = try begin()
        #expect(try scratch.book().problems == [])
        try harm(scratch)
        let later = try scratch.book()
        #expect(later.errors == [])
        #expect(later.lists.first?.kept?.contains(text) == true, "\(later.lists)")
        #expect(later.matcher.count == 50 && later.decision("name49.example") != nil && later.decision("evil.example") == nil)
    }

    @Test func anOlderOneIsNotTaken() throws {
        _ = try begin("-t", "timestamp:1000\tfile:list.txt")
        #expect(try scratch.book().problems == [])
        scratch.write("list.txt", names(60))
        try sign(["-t", "timestamp:999\tfile:list.txt"])
        let older = try scratch.book()
        #expect(older.lists.first?.kept?.contains("it was signed at 999") == true && older.matcher.count == 50)
        try sign(["-t", "no time at all"])
        #expect(try scratch.book().lists.first?.kept?.contains("does not say when it was made") == true)
        try sign(["-t", "timestamp:1001\tfile:list.txt"])
        let newer = try scratch.book()
        #expect(newer.lists.first?.kept == nil && newer.matcher.count == 60)
    }

    @Test func aListTakenUnderOneKeyIsNoneUnderAnother() throws {
        _ = try begin()
        #expect(try scratch.book().problems == [])
        let other = try Minisign.makeKey("other", in: scratch)
        scratch.write("a.rules", "tunnel include plain list.txt signed \(other)\n")
        let book = try scratch.book()
        #expect(book.errors.count == 1 && book.matcher.count == 0)
        // Nor is one that was taken without any.
        scratch.write("a.rules", "tunnel include plain list.txt\n")
        #expect(try scratch.book().problems == [])
        scratch.write("a.rules", "tunnel include plain list.txt signed \(other)\n")
        #expect(try scratch.book().errors.count == 1)
    }

    @Test func listsThatASignedOneIncludesAreSignedToo() throws {
        let key = try Minisign.makeKey("k", in: scratch)
        scratch.write("list.txt", "include:inner\nouter.example\n")
        scratch.write("inner", "inner.example\n")
        scratch.write("stranger", "stranger.example &list\n")
        try sign()
        scratch.write("a.rules", "tunnel include geosite list.txt signed \(key)\n")
        let unsigned = try scratch.book()
        #expect(unsigned.errors.first?.contains("'inner', which it includes: its signature") == true, "\(unsigned.problems)")
        try Minisign.sign(scratch["inner"], by: "k", in: scratch)
        let book = try scratch.book()
        #expect(book.problems == [] && book.decision("inner.example") == "tunnel inner:1" && book.decision("stranger.example") == nil)
        // Both come back from the copy.
        scratch.write("inner", "evil.example\n")
        let kept = try scratch.book()
        #expect(kept.lists.first?.kept != nil && kept.decision("inner.example") != nil && kept.decision("evil.example") == nil)
    }

    @Test func whatASignedOneIncludesIsNoOlderAndNoOtherList() throws {
        let key = try Minisign.makeKey("k", in: scratch)
        func part(_ text: String, _ comment: String) throws {
            scratch.write("inner", text)
            try Minisign.sign(scratch["inner"], by: "k", in: scratch, "-t", comment)
        }
        scratch.write("list.txt", "include:inner\nouter.example\n")
        try sign()
        scratch.write("a.rules", "tunnel include geosite list.txt signed \(key)\n")
        try part("inner.example\n", "timestamp:1000\tfile:inner")
        #expect(try scratch.book().problems == [])
        let harms = [
            ("timestamp:999\tfile:inner", "it was signed at 999"), ("no time", "does not say when it was made"),
            ("timestamp:1001\tfile:other", "it was signed as 'other'"),
        ]
        for (comment, why) in harms {
            try part("evil.example\n", comment)
            let book = try scratch.book()
            let kept = book.lists.first?.kept
            #expect(kept?.contains("'inner', which it includes: ") == true && kept?.contains(why) == true, "\(kept ?? "taken")")
            #expect(book.decision("inner.example") != nil && book.decision("evil.example") == nil)
        }
        // One that is left out for a while keeps its age.
        scratch.write("list.txt", "outer.example\n")
        try sign()
        #expect(try scratch.book().lists.first?.kept == nil)
        scratch.write("list.txt", "include:inner\nouter.example\n")
        try sign()
        try part("evil.example\n", "timestamp:999\tfile:inner")
        #expect(try scratch.book().lists.first?.kept != nil)
        try part("newer.example\n", "timestamp:1001\tfile:inner")
        let newer = try scratch.book()
        #expect(newer.problems == [] && newer.decision("newer.example") != nil)
    }

    /// The bytes that were checked are those that are parsed: a writer who never rests cannot get one of his own in between.
    @Test func aListThatChangesAllTheTimeIsWholeOrNotTaken() throws {
        _ = try begin()
        let good = try HostFile.read(scratch["list.txt"])
        let evil = Array(String(decoding: good, as: UTF8.self).replacing("name", with: "evil").utf8)
        scratch.write("good", good)
        scratch.write("evil", evil)
        // In place, for as long as the file `go` is there, and ten seconds at most.
        scratch.write("go", "")
        unsafe system(
            "cd \(scratch.path) && (timeout 10 sh -c 'while [ -e go ]; do cat evil 1<> list.txt; cat good 1<> list.txt; done' </dev/null &)"
        )
        defer { scratch.remove(scratch["go"]) }
        var (taken, refused) = (0, 0)
        for round in 0..<2000 {
            let book = try scratch.book(keeps: false, state: "none\(round & 1)")
            if book.errors.isEmpty { taken += 1 } else { refused += 1 }
            #expect(book.decision("evil0.example") == nil && book.decision("evil49.example") == nil)
            guard taken < 50 || refused < 50 else { break }
        }
        #expect(taken > 0 && refused > 0, "\(taken) taken, \(refused) refused: nothing was proved")
    }
}

extension Scratch {
    /// Changes one line of the list's signature, counted from 0.
    fileprivate func alter(line: Int, _ change: (String) -> String) throws {
        var lines = String(decoding: try HostFile.read(self["list.txt.minisig"]), as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false
        ).map(String.init)
        lines[line] = change(lines[line])
        write("list.txt.minisig", lines.joined(separator: "\n"))
    }
}

extension String {
    /// With another character of base64 at one place.
    fileprivate func exchanged(at offset: Int) -> String {
        var bytes = Array(utf8)
        bytes[offset] = bytes[offset] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        return String(decoding: bytes, as: UTF8.self)
    }
}
