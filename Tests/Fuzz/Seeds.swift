// SPDX-License-Identifier: MIT
import Wire
import Workbench

extension FuzzTarget {
    /// Inputs to begin with, made from the fixtures of other tests.
    package var seeds: [[UInt8]] {
        switch self {
        case .messages: Self.known.map(\.bytes)
        case .replies: Self.floods
        case .bindings:
            Fixture.lines("wire/bindings.txt").flatMap { line in
                let data = [UInt8](hex: line.text.split(separator: "|").dropFirst().first.map(String.init) ?? "")
                return [0, 1, 6, 8].map { [$0] + data }
            }
        case .configuration:
            [
                ("good", ".toml"), ("bad", ".toml"), ("toml-good", ".toml"), ("toml-bad", ".toml"), ("wireguard-good", ".conf"),
                ("wireguard-bad", ".conf"),
            ]
            .flatMap { Fixture.files(in: "configuration/" + $0.0, ending: $0.1) }.map(Fixture.bytes)
        case .rules: Self.ruleFiles
        case .requests:
            // Names, and what else may stand in their place.
            (Fixture.lines("policy/reserved.txt").map(\.words[0]) + Self.places).enumerated()
                .map { [UInt8(truncatingIfNeeded: $0)] + Array($1.utf8) }
        }
    }

    private static let places = [
        "10.20.0.5", "::1", "2001:db8::53", "::ffff:192.0.2.7", "[fe80::1%eth0]:53", "9.9.9.9:5353", "tls://9.9.9.9#dns.example",
        "https://9.9.9.9/dns-query#dns.example", "TYPE65280", "HTTPS", "a\\.b\\027.example", "\\255.example.",
    ]

    /// Words that inputs are made of, for the fuzzer's dictionary.
    package var words: [[UInt8]] {
        let texts: [String] =
            switch self {
            case .messages, .replies, .bindings: []
            case .requests:
                ["\\000", "\\.", "::", "%lo", "tls://", "https://", "#sha256=", ".in-addr.arpa", ".ip6.arpa", "localhost", "TYPE"]
            case .configuration:
                Self.words(of: "configuration/good/full.toml") + ["'''", "\"\"\"", "[[", "]]", "\\u0041", "0x", "1e9", "inf"]
            case .rules:
                Self.words(of: "rules/good.txt")
                    + [
                        "@@||", "^$dnstype=", "$important", "payload:", "DOMAIN-SUFFIX,", "IP-CIDR,", "server=/", "nftset=/", "ipset=/",
                        "\"rules\":", "\"domain_suffix\":", "\"version\":", "include:", "regexp:", "keyword:", "full:", "domain:", "@cn",
                        "$ORIGIN", "$TTL", " IN CNAME .", "rpz-passthru.", "SOA", "$INCLUDE", "*.", "\\046", "via ", "force",
                    ]
            }
        guard texts.isEmpty else { return texts.map { Array($0.utf8) } }
        return [
            [0xC0, 0x0C], [0xC0, 0x10], [7] + Array("example".utf8) + [0], [3] + Array("www".utf8), [0, 1, 0, 1], [0, 28, 0, 1],
            [0, 65, 0, 1],
            [0, 5, 0, 1], [0, 39, 0, 1], [0, 46, 0, 1], [0, 6, 0, 1], [0, 0, 41, 4, 208, 0, 0, 0, 0], [0, 15, 0, 2, 0, 22], [0, 4, 0, 4],
            [0, 6, 0, 16], [0, 0, 0, 2], [0xFF, 0xFF], [0x81, 0x80], [0x83, 0x80], [0x81, 0x83], [10, 0, 0, 1], [127, 0, 0, 1],
        ]
    }

    private static func words(of file: String) -> [String] {
        let words = Fixture.lines(file).flatMap { $0.text.split { " \t\"[]=,".contains($0) } }
        return Set(words.map(String.init).filter { (3...24).contains($0.utf8.count) }).sorted()
    }

    private static let known = Fixture.lines("wire/messages.txt").map { line in
        (isQuery: line.words[0] == "query", bytes: [UInt8](hex: line.words[2]))
    }

    /// Each reply to questions of each rule, with one before it that is foreign.
    private static let floods: [[UInt8]] = known.filter { !$0.isQuery }.flatMap { message in
        let type = Flood.Choice.types.firstIndex { $0.rawValue == PlainMessage(message.bytes)?.questions.first?.type ?? 0 } ?? 0
        func packet(_ bytes: [UInt8]) -> [UInt8] { [UInt8(bytes.count >> 8), UInt8(bytes.count & 255)] + bytes }
        return [0, 1, 2, 3].map { rule -> [UInt8] in
            [UInt8(rule << 3 | type), [0, 1, 2, 132][rule]] + packet(Array(message.bytes.dropLast(3))) + packet(message.bytes)
        }
    }

    private static var ruleFiles: [[UInt8]] {
        let kinds = ["rules", "plain", "geosite", "dnsmasq", "adguard", "clash", "singbox", "hosts", "rpz"]
        return kinds.enumerated().flatMap { number, kind in
            let files = number == 0 ? ["rules/good.txt", "rules/bad.rules"] : Fixture.files(in: "lists/" + kind, ending: "")
            return files.filter { !$0.hasSuffix(".") && !$0.hasSuffix(".expect") }.map { [UInt8(number)] + Fixture.bytes($0) }
        }
    }
}

extension [UInt8] {
    fileprivate init(hex: String) {
        let digits = Array<Character>(hex).filter { !$0.isWhitespace }
        self = stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(String(digits[$0..<$0 + 2]), radix: 16) ?? 0 }
    }
}
