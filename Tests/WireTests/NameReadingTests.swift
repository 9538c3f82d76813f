// SPDX-License-Identifier: MIT
import Testing
import Wire
import Workbench

/// The fast reader of names against the one of all presentation forms.
@Suite struct NameReadingTests {
    @Test func bothReadersOfNamesAgree() {
        var random = SeededRandom(seed: 2403)
        let letters = Array("abcXYZ019-_..".utf8) + [UInt8(ascii: "/"), UInt8(ascii: " "), 0, 0xC3]
        var names = 0
        var name = Name()
        for round in 0..<50_000 {
            let most = round % 50 == 0 ? 300 : 20
            var text = (0..<Int.random(in: 0...most, using: &random)).map { _ in letters[Int.random(in: 0..<letters.count, using: &random)]
            }
            if round % 7 == 0 { text = text.filter { $0 != UInt8(ascii: ".") && $0 > 44 && $0 < 128 } }
            let isPlain = text.allSatisfy { $0 > 44 && $0 < 128 && $0 != UInt8(ascii: "/") }
            let expected = isPlain && text != [UInt8(ascii: ".")] ? Name(String(decoding: text, as: UTF8.self)) : nil
            let framed = Array("..".utf8) + text + Array("aa".utf8)
            let found = name.read(framed.span, 2..<2 + text.count)
            #expect((found == .name || found == .numbers) == (expected != nil), "\(text)")
            #expect(name == expected ?? .root)
            names += expected == nil ? 0 : 1
        }
        #expect(names > 5000)
    }

    @Test func aNameIsAtMost253CharactersAndALabel63() {
        var name = Name()
        func read(_ text: String) -> Name.Written { name.read(Array(text.utf8).span, 0..<text.utf8.count) }
        let label = String(repeating: "a", count: 63)
        let longest = [label, label, label, String(repeating: "a", count: 61)].joined(separator: ".")
        #expect(read(longest) == .name)
        #expect(name.count == 255)
        #expect(read(longest + ".") == .name)
        #expect(name == Name.of(longest))
        #expect(read(longest + "a") == .malformed)
        #expect(read(longest + "..") == .malformed)
        #expect(read(longest + ".a") == .malformed)
        #expect(read(label + "a.example") == .malformed)
        #expect(read(String(repeating: "a.", count: 126) + "a") == .name)
        #expect(name.labelCount == 127)
        #expect(read(String(repeating: "a.", count: 127)) == .name)
        #expect(read(String(repeating: "a.", count: 127) + "a") == .malformed)
        for text in ["", ".", "..", ".a", "a..b", "a b", "a*b"] { #expect(read(text) == .malformed, "\(text)") }
        #expect(read("1.2.3.4") == .numbers)
        #expect(read("bücher.example") == .foreign)
        #expect(name.isRoot)
    }

    @Test func namesArePutTogetherAndTakenApart() {
        let name = Name.of("a.b.example")
        #expect(Name.of("a.b").appending(Name.of("example")) == name)
        #expect(name.appending(.root) == name)
        #expect(Name.root.appending(name) == name)
        #expect(name.leading(labels: 2) == Name.of("a.b"))
        #expect(name.leading(labels: 0) == .root)
        #expect(name.leading(labels: 9) == name)
        let long = Name.of(Array(repeating: String(repeating: "a", count: 31), count: 4).joined(separator: "."))
        #expect(long.count == 129)
        #expect(long.appending(long.parent)?.count == 225)
        #expect(long.appending(long) == nil)
    }
}
