// SPDX-License-Identifier: MIT
import RuleFiles
import Testing
import Wire

@Suite struct InternationalNameTests {
    /// As browsers do it: ß stays, as IDNA 2008 has it; capitals and full stops of other scripts are mapped.
    @Test(arguments: [
        ("bücher.example", "xn--bcher-kva.example"), ("BÜCHER.Example", "xn--bcher-kva.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("faß.de", "xn--fa-hia.de"), ("例え.テスト", "xn--r8jz45g.xn--zckzah"), ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
        ("bu\u{308}cher.example", "xn--bcher-kva.example"), ("_dmarc.bücher.example", "_dmarc.xn--bcher-kva.example"),
        ("corp.example", "corp.example"), ("пример.испытание", "xn--e1afmkfd.xn--80akhbyknj4f"),
    ])
    func aNameHasOneFormOnTheWire(_ text: String, _ ascii: String) throws {
        #expect(try InternationalName.converted(text) == ascii)
        #expect(try InternationalName.name(text) == Name(ascii))
    }

    /// What is shown is what was typed, and nothing that moves a terminal's cursor or turns its direction.
    @Test(arguments: [
        ("xn--bcher-kva.example", "bücher.example"), ("www.xn--mnchen-3ya.example", "www.münchen.example"),
        ("xn--r8jz45g.xn--zckzah", "例え.テスト"), ("corp.example", nil), ("xn--.example", nil), ("xn--a.example", nil),
        ("xn--" + String(repeating: "9", count: 59) + ".example", nil), ("xn--ab-m1t.example", nil),
    ])
    func anALabelIsReadable(_ ascii: String, _ text: String?) { #expect(InternationalName.readable(ascii) == text) }

    @Test(arguments: [
        "\u{2F}\u{FFFE}.example", "a\\.ü.example", String(repeating: "ü", count: 64) + ".example", "-ü-\u{200B}\u{AD}.\u{3002}.example",
        "ü..example",
    ])
    func whatIsNoNameIsSaid(_ text: String) {
        #expect(throws: InternationalName.Mistake.self) { try InternationalName.name(text) }
    }
}

@Suite struct PublicSuffixesTests {
    static let cases: [(String, PublicSuffixes.Section?)] = [
        ("com", .registry), ("co.uk", .registry), ("uk", .registry), ("anything.ck", .registry), ("xn--fiqs8s", .registry),
        ("xn--55qx5d.cn", .registry), ("arpa", .registry),
        ("github.io", .hosting), ("cloudfront.net", .hosting), ("s3.amazonaws.com", .hosting), ("blogspot.com", .hosting),
        ("example.com", nil), ("example.co.uk", nil), ("www.ck", nil), ("me.github.io", nil), ("net.example", nil), ("x.y.github.io", nil),
        // Nobody registers names there: they are somebody's own.
        ("corp", nil), ("lan", nil), ("local", nil), ("home.arpa", nil), ("10.in-addr.arpa", nil), ("in-addr.arpa", nil), ("test", nil),
    ]

    @Test(arguments: cases) func aSuffixIsOne(_ text: String, _ section: PublicSuffixes.Section?) throws {
        let name = try #require(Name(text))
        #expect(Scratch.suffixes.section(of: name) == section)
        #expect(PublicSuffixes(file: "/nonexistent").section(of: name) == section)
    }

    @Test func theFilterHidesNone() throws {
        let bare = PublicSuffixes(file: "/nonexistent")
        let list = try HostFile.read("/usr/share/publicsuffix/public_suffix_list.dat")
        var (known, checked) = (0, 0)
        for line in String(decoding: list, as: UTF8.self).split(separator: "\n") where !line.hasPrefix("//") {
            let word = line.prefix { !$0.isWhitespace }
            for text in ["\(word)", word.replacing("*", with: "star", maxReplacements: 1), "x.\(word)"] {
                guard let ascii = InternationalName.ascii(String(text)), let name = Name(ascii) else { continue }
                let section = bare.section(of: name)
                #expect(Scratch.suffixes.section(of: name) == section, "\(name)")
                checked += 1
                if section != nil { known += 1 }
            }
        }
        #expect(known > 9000 && checked > 25_000, "\(known) of \(checked)")
    }
}
