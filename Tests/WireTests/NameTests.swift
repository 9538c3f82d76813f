// SPDX-License-Identifier: MIT
import Testing
import Wire
import Workbench

@Suite struct NameTests {
    @Test(arguments: [
        ("www.example", "www.example"), ("www.example.", "www.example"), ("WWW.Example", "www.example"), (".", "."),
        ("a\\.b.example", "a\\.b.example"), ("a\\046b.example", "a\\.b.example"), ("a\\\\b", "a\\\\b"), ("\\000.x", "\\000.x"),
        ("\\255.x", "\\255.x"), ("\\032", "\\032"), ("a b", "a\\032b"), ("\\065", "a"), ("_dns", "_dns"), ("\\a", "a"), ("*.x", "*.x"),
        ("a\\.", "a\\."), ("bücher", "b\\195\\188cher"),
    ])
    func textRoundTrips(_ text: String, _ canonical: String) throws {
        let name = try #require(Name(text))
        #expect(name.description == canonical)
        #expect(Name(canonical) == name)
    }

    @Test(arguments: [
        "", "..", ".a", "a..b", "a..", "a\\", "a\\2", "a\\25", "a\\256", "a\\2b5", "\\999", String(repeating: "a", count: 64),
    ])
    func malformedTextIsRefused(_ text: String) { #expect(Name(text) == nil) }

    @Test func everyByteSurvivesItsText() throws {
        for byte in UInt8.min...UInt8.max {
            var name = Name()
            let fits = name.append(label: 3) { $0 == 1 ? byte : UInt8(ascii: "x") }
            try #require(fits)
            #expect(Name(name.description) == name)
            #expect(name[2] == ((65...90).contains(byte) ? byte + 32 : byte), "only A to Z are folded (RFC 4343 section 3)")
        }
    }

    @Test func namesEndAt255Bytes() throws {
        let label = String(repeating: "a", count: 63)
        let longest = [label, label, label, String(repeating: "a", count: 61)].joined(separator: ".")
        #expect(try #require(Name(longest)).count == 255)
        #expect(Name(longest + "a") == nil)
        let most = Array(repeating: "a", count: 127).joined(separator: ".")
        let name = try #require(Name(most))
        #expect(name.labelCount == 127)
        #expect(name.dropping(labels: 126) == .of("a"))
        #expect(Name(most + ".a") == nil)
        var full = name
        #expect(full.append(label: 1) { _ in 1 } == false)
        #expect(full == name)
        #expect(full.append(label: 0) { _ in 1 } == false)
        #expect(full.append(label: 64) { _ in 1 } == false)
    }

    @Test(arguments: [
        ("corp.example", "corp.example", true), ("a.corp.example", "corp.example", true), ("notcorp.example", "corp.example", false),
        ("example", "corp.example", false), ("corp.example", ".", true), (".", ".", true), (".", "a", false),
        ("A.CORP.example", "corp.EXAMPLE", true),
        ("x\\.corp.example", "corp.example", false), ("a\\004corp.example", "corp.example", false),
        ("corp.example.test", "corp.example", false),
        ("x\\.corp.example", "example", true),
    ])
    func belowGoesByLabels(_ name: String, _ other: String, _ isBelow: Bool) { #expect(Name.of(name).isAtOrBelow(.of(other)) == isBelow) }

    @Test func labelsAreDroppedFromTheFront() {
        let name = Name.of("a.b\\.c.d")
        #expect(name.labelCount == 3)
        #expect(name.dropping(labels: 0) == name)
        #expect(name.parent == .of("b\\.c.d"))
        #expect(name.dropping(labels: 2) == .of("d"))
        #expect(name.dropping(labels: 3) == .root)
        #expect(name.dropping(labels: 99) == .root)
        #expect(Name.root.parent == .root)
        #expect(Name.root.labelCount == 0)
    }

    @Test func equalNamesHashAlikeAndOthersDiffer() {
        #expect(Set([Name.of("A.b"), .of("a.B"), .of("a.b.")]).count == 1)
        // The same bytes in other labels.
        #expect(Set([Name.of("a.b"), .of("a\\001b"), .of("ab"), .of("a\\.b")]).count == 4)
        // What was there before a drop is gone.
        #expect(Name.of("long.name.a.b").dropping(labels: 2) == .of("a.b"))
    }
}
