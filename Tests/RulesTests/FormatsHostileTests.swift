// SPDX-License-Identifier: MIT
import Rules
import Testing
import Wire
import Workbench

/// Lists come from strangers: no bytes stop us, and none make us wait.
@Suite struct FormatsHostileTests {
    /// Every list among the fixtures that an `.expect` file stands beside, with its kind.
    static let lists: [(kind: ListKind, path: String)] = ListKind.allCases.flatMap { kind in
        Fixture.files(in: "lists/" + kind.rawValue, ending: "").filter {
            !$0.hasSuffix(".expect") && !$0.hasSuffix(".") && (kind != .geosite || $0.hasSuffix("/work"))
        }.map { (kind, $0) }
    }

    private func read(_ kind: ListKind, _ bytes: [UInt8], _ action: Action = .tunnel) -> (taken: Int, problems: [Problem]) {
        var sink = CountingSink()
        sink.builder.begin(file: "list", treatment: Treatment(action))
        ListReader(kind, file: "list", action: action, idna: FormatsWorld.idna).read(bytes.span, into: &sink)
        return (sink.taken, sink.builder.problems)
    }

    @Test(arguments: lists) func noMutationTrapsOrHangs(_ kind: ListKind, _ path: String) {
        var random = SeededRandom(seed: 2401)
        let whole = Fixture.bytes(path)
        // A piece of a few lines is as good as the whole where lines stand for themselves, and a hundred times faster.
        let pieces: [[UInt8]]
        switch kind {
        case .singbox, .rpz: pieces = [whole]
        case .plain, .geosite, .dnsmasq, .adguard, .clash, .hosts:
            let lines = whole.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            let head = kind == .clash && path.hasSuffix(".yaml") ? Array("payload:\n".utf8) : []
            pieces = lines.indices.map { head + lines[$0..<min(lines.endIndex, $0 + 4)].joined(separator: [UInt8(ascii: "\n")]) }
        }
        let beside = Fixture.bytes("lists/geosite/office")
        var sink = DeafSink()
        var mutations = 0
        let start = ContinuousClock.now
        while mutations < 20_000 {
            guard let piece = pieces.randomElement(using: &random), let action = Action.allCases.randomElement(using: &random) else {
                continue
            }
            let reader = ListReader(
                kind, file: "list", action: action, isExact: mutations & 1 == 0, idna: { $0.utf8.count < 30 ? "xn--a.example" : nil },
                open: { _ in beside })
            reader.read(random.mutate(piece).span, into: &sink)
            mutations += 1
        }
        #expect(sink.heard > 20_000 / 4)
        #expect(ContinuousClock.now - start < .seconds(240), "\(path)")
    }

    @Test(arguments: ListKind.allCases) func randomBytesAreHarmless(_ kind: ListKind) {
        var random = SeededRandom(seed: 2402)
        var sink = DeafSink()
        let alphabet = Array("|@/=#$^*.,:;()[]{}\"'\\ \n\t-+&!~xa0".utf8)
        for round in 0..<2000 {
            let bytes = (0..<Int.random(in: 0...200, using: &random)).map { _ in
                round & 1 == 0 ? UInt8.random(in: 0...255, using: &random) : alphabet.randomElement(using: &random) ?? 0
            }
            ListReader(kind, file: "list", action: .tunnel, idna: { _ in nil }).read(bytes.span, into: &sink)
        }
        #expect(sink.heard > 1000)
    }

    @Test(arguments: ListKind.allCases) func aPageIsOneErrorThatSaysSo(_ kind: ListKind) {
        for page in ["<!DOCTYPE html>\n<title>404</title>\n", "\n \t<html>", "\u{FEFF}<HTML lang=en>", "<?xml version=\"1.0\"?>"] {
            let (taken, problems) = read(kind, Array(page.utf8))
            #expect(taken == 0)
            #expect(problems.map(\.severity) == [.error])
            #expect(problems.first?.message == "this is HTML, not a \(kind.rawValue) list")
        }
    }

    @Test func whatIsNoTextIsAnErrorThatNamesIt() {
        let files: [([UInt8], String)] = [
            ([0x1F, 0x8B, 8, 0, 0, 0], "gzip"), ([0x28, 0xB5, 0x2F, 0xFD, 4, 0], "zstd"), ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], "xz"),
            ([0x50, 0x4B, 3, 4, 20, 0], "zip"), (Array("BZh91AY&SY".utf8), "bzip2"), (Array("SRS".utf8) + [1, 0x78, 0xDA], "sing-box"),
            ([0x0A, 0x12, 0x0A, 0, 0, 1], "not text"), (Array("{\"version\": 1}".utf8), "JSON"),
        ]
        for (bytes, word) in files {
            let (taken, problems) = read(.plain, bytes)
            #expect(taken == 0)
            #expect(problems.map(\.severity) == [.error], "\(word)")
            #expect(problems.first?.message.contains(word) == true, "\(problems)")
        }
        #expect(read(.plain, Array("bzh91.example\nsrs.example\npk.example".utf8)).taken == 3)
    }

    @Test(arguments: ListKind.allCases) func nothingIsTakenFromNothing(_ kind: ListKind) {
        for text in ["", "\n", "\r\n\r\n", " \t \n", "\u{FEFF}"] where kind != .singbox {
            let (taken, problems) = read(kind, Array(text.utf8))
            #expect(taken == 0 && problems.isEmpty, "\(problems)")
        }
    }

    @Test(arguments: [
        ("plain", "%@"), ("hosts", "0.0.0.0 %@"), ("geosite", "full:%@"), ("dnsmasq", "nftset=/%@/4#inet#f#s"),
        ("adguard", "||%@^"), ("clash", "+.%@"), ("rpz", "%@ CNAME ."),
    ])
    func linesMayEndAsOnWindowsAndTheFileWithAMark(_ kind: String, _ line: String) throws {
        let kind = try #require(ListKind(rawValue: kind))
        func of(_ name: String) -> String { line.split(separator: "%@", omittingEmptySubsequences: false).joined(separator: name) }
        let text = "\u{FEFF}" + of("a.example") + "\r\n\r\n" + of("B.Example.") + "\r\n" + of("c.example")
        let (taken, problems) = read(kind, Array(text.utf8))
        // A final dot makes an owner of a zone whole: it is the same here, where the zone has no name.
        #expect(taken == 3)
        #expect(problems.isEmpty, "\(problems)")
    }

    @Test(arguments: ListKind.allCases) func aLineOfMegabytesIsOneComplaint(_ kind: ListKind) {
        for unit in ["a", "a.", "/", "@@", "|", "*", "[/", "{", "[", "(", "\\", "\"", "'", ",", "#", " ", "é", "$", "&x "] {
            let bytes = Array(String(repeating: unit, count: 1_000_000 / unit.utf8.count).utf8)
            let start = ContinuousClock.now
            let (_, problems) = read(kind, bytes)
            #expect(problems.count <= 10, "\(unit)")
            #expect(problems.allSatisfy { $0.message.utf8.count < 2000 })
            #expect(ContinuousClock.now - start < .seconds(30), "\(unit)")
        }
    }

    @Test func ofManyMistakesThreeAreShownAndTheRestCounted() {
        let text = (1...5000).map { "bad..\($0)\n10.0.0.\($0)/99\n" }.joined()
        let (taken, problems) = read(.plain, Array(text.utf8))
        #expect(taken == 0)
        #expect(problems.count == 8)
        #expect(problems.map(\.line) == [1, 2, 3, 4, 5, 6, 0, 0])
        #expect(
            problems.suffix(2).map(\.message) == [
                "4997 more lines of the same kind: not a domain name", "4997 more lines of the same kind: not a network",
            ])
    }

    @Test func aFileOfManyKindsOfMistakesIsAsShort() {
        let clash = read(.clash, Array((0..<5000).map { "TYPE-\($0),x\n" }.joined().utf8))
        #expect(clash.problems.count < 70)
        let dnsmasq = read(.dnsmasq, Array((0..<5000).map { "option-\($0)=x\n" }.joined().utf8))
        #expect(dnsmasq.problems.count < 70)
    }

    @Test func whatAListSaysCannotMoveATerminalsCursor() {
        let (_, problems) = read(.plain, Array("a\u{1B}[2Jb.\u{202E}example\n".utf8))
        #expect(problems.count == 1)
        #expect(problems.allSatisfy { !$0.message.unicodeScalars.contains { $0.value < 32 || $0.value == 0x202E } })
    }
}

/// Counts what it hears and keeps nothing.
struct DeafSink: ListSink {
    var heard = 0

    mutating func begin(file: String) {}
    mutating func take(_ kind: NameKind, _ name: borrowing Name, _ said: ListLine) { heard += 1 }
    mutating func take(_ pattern: Pattern, _ said: ListLine) { heard += 1 }
    mutating func warn(_ problem: Problem) { heard += 1 }
}
