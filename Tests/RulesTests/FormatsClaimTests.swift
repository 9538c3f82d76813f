// SPDX-License-Identifier: MIT
import Rules
import Testing
import Wire
import Workbench

/// What each format means, sentence by sentence.
@Suite struct FormatsClaimTests {
    /// Whether a list of that kind takes a name.
    struct Claim: Sendable, CustomStringConvertible {
        let include: String
        let list: String
        let takes: [String]
        let leaves: [String]

        init(_ include: String, _ list: String, takes: [String] = [], leaves: [String] = []) {
            self.include = include
            self.list = list
            self.takes = takes
            self.leaves = leaves
        }

        var description: String { "\(include): \(list)" }
    }

    static let claims: [Claim] = [
        // All: labels, not letters; lower case; one final dot; `_` allowed.
        Claim("tunnel include plain", "Corp.EXAMPLE.", takes: ["corp.example", "a.corp.example"], leaves: ["notcorp.example", "example"]),
        Claim("tunnel include plain", "corp.example..", leaves: ["corp.example"]),
        Claim("tunnel include plain", "_dns.corp.example", takes: ["_dns.corp.example", "x._dns.corp.example"]),
        Claim("tunnel include plain", "bücher.example", takes: ["xn--bcher-kva.example"]),
        Claim("tunnel include plain", "x\\.corp.example", takes: ["x\\.corp.example"], leaves: ["x.corp.example", "corp.example"]),
        // Plain: suffix, or exact by the include; `*.` is below either way.
        Claim("tunnel include plain exact", "corp.example", takes: ["corp.example"], leaves: ["a.corp.example"]),
        Claim("tunnel include plain exact", "*.corp.example", takes: ["a.corp.example"], leaves: ["corp.example"]),
        Claim("tunnel include plain", "10.20.0.0/16\n192.0.2.1", takes: ["@10.20.1.1", "@192.0.2.1"], leaves: ["@192.0.2.2"]),
        // Geosite.
        Claim("tunnel include geosite", "corp.example", takes: ["corp.example", "a.corp.example"], leaves: ["notcorp.example"]),
        Claim("tunnel include geosite", "domain:corp.example # domain", takes: ["a.corp.example"]),
        Claim("tunnel include geosite", "full:corp.example", takes: ["corp.example"], leaves: ["a.corp.example"]),
        Claim("tunnel include geosite", "keyword:CORP", takes: ["mycorporation.test"], leaves: ["co.rp"]),
        Claim("tunnel include geosite", "regexp:git[0-9]", takes: ["xgit1y.test"], leaves: ["git.test"]),
        Claim("tunnel include geosite", "regexp:^git[0-9]$", takes: ["git1"], leaves: ["git1.test"]),
        Claim(
            "tunnel include geosite @cn", "a.example @cn\nb.example\nc.example @cn @ads", takes: ["a.example", "c.example"],
            leaves: ["b.example"]),
        Claim("tunnel include geosite @cn@-ads", "a.example @cn\nc.example @cn @ads", takes: ["a.example"], leaves: ["c.example"]),
        Claim("tunnel include geosite", "a.example &other @cn", takes: ["a.example"]),
        // dnsmasq.
        Claim("tunnel include dnsmasq", "server=/google.com/10.0.0.1", takes: ["google.com", "a.google.com"], leaves: ["supergoogle.com"]),
        Claim(
            "tunnel include dnsmasq", "server=/*google.com/10.0.0.1", takes: ["google.com", "supergoogle.com"], leaves: ["google.com.test"]),
        Claim("tunnel include dnsmasq", "server=/*.google.com/10.0.0.1", takes: ["a.google.com"], leaves: ["google.com"]),
        Claim("tunnel include dnsmasq", "server=//10.0.0.1", takes: ["printer"], leaves: ["printer.home"]),
        Claim("tunnel include dnsmasq", "server=/#/10.0.0.1", leaves: ["a.example"]),
        Claim("tunnel include dnsmasq", "nftset=/a.example/b.example/4#inet#t#s", takes: ["a.example", "x.b.example"]),
        Claim("tunnel include dnsmasq", "ipset=/a.example/s1,s2", takes: ["a.example"]),
        Claim("tunnel include dnsmasq", "address=/ads.example/", leaves: ["ads.example"]),
        Claim("block include dnsmasq", "address=/ads.example/", takes: ["ads.example", "a.ads.example"]),
        Claim("block include dnsmasq", "server=/corp.example/10.0.0.1", leaves: ["corp.example"]),
        Claim("block include dnsmasq", "nftset=/corp.example/4#inet#t#s", leaves: ["corp.example"]),
        Claim("lan include dnsmasq", "local=/home/", takes: ["nas.home"]),
        Claim("tunnel include dnsmasq", "local=/home/", leaves: ["nas.home"]),
        // Where lists name servers the longest name decides, an exception or not.
        Claim(
            "tunnel include dnsmasq", "server=/x/10.0.0.1\nserver=/a.x/#\nserver=/b.a.x/10.0.0.2\nserver=/c.b.a.x/#",
            takes: ["x", "b.a.x", "y.b.a.x", "y.x"], leaves: ["a.x", "y.a.x", "c.b.a.x", "y.c.b.a.x"]),
        Claim("tunnel include dnsmasq", "server=/b.a.x/10.0.0.2\nserver=/a.x/#", takes: ["b.a.x"], leaves: ["a.x", "c.a.x", "x"]),
        Claim("tunnel include dnsmasq", "server=/a.x/#\nserver=/a.x/10.0.0.2", leaves: ["a.x", "b.a.x"]),
        Claim("tunnel include adguard", "[/b.a.x/]10.0.0.2\n[/a.x/]#\n[/x/]10.0.0.1", takes: ["b.a.x", "x"], leaves: ["a.x", "c.a.x"]),
        Claim(
            "block include rpz", "*.x CNAME rpz-passthru.\na.x CNAME .\n*.b.x CNAME .\nx CNAME .", takes: ["x", "a.x", "c.b.x"],
            leaves: ["b.x", "c.x"]),
        // The filter's exceptions stand above all of its rules.
        Claim("block include adguard", "||b.a.x^\n@@||a.x^", leaves: ["b.a.x", "a.x"]),
        // AdGuard: upstream lines.
        Claim("tunnel include adguard", "[/a.example/b.example/]10.0.0.1", takes: ["a.example", "x.b.example"], leaves: ["xa.example"]),
        Claim("tunnel include adguard", "[/*.a.example/]10.0.0.1", takes: ["x.a.example"], leaves: ["a.example"]),
        Claim(
            "tunnel include adguard", "[/a.example/]10.0.0.1\n[/x.a.example/]#", takes: ["a.example"],
            leaves: ["x.a.example", "y.x.a.example"]),
        Claim("tunnel include adguard", "[//]10.0.0.1", takes: ["printer"], leaves: ["printer.home"]),
        Claim("block include adguard", "[/a.example/]10.0.0.1", leaves: ["a.example"]),
        // AdGuard: the filter.
        Claim("block include adguard", "||ads.example^", takes: ["ads.example", "a.ads.example"], leaves: ["notads.example"]),
        Claim("block include adguard", "|ads.example^", takes: ["ads.example"], leaves: ["a.ads.example"]),
        Claim("block include adguard", "0.0.0.0 ads.example", takes: ["ads.example"], leaves: ["a.ads.example"]),
        Claim("block include adguard", "/^ads[0-9]/", takes: ["ads1.test"], leaves: ["ads.test"]),
        Claim("block include adguard", "||ads.example^\n@@||good.ads.example^", takes: ["ads.example"], leaves: ["x.good.ads.example"]),
        Claim("block include adguard", "||ads.example^$important\n@@||good.ads.example^", takes: ["good.ads.example"]),
        Claim("block include adguard", "||ads.example^$important\n@@||good.ads.example^$important", leaves: ["good.ads.example"]),
        Claim("block include adguard", "||ads.example^$dnstype=AAAA", leaves: ["ads.example"]),
        Claim("block include adguard", "! ||ads.example^", leaves: ["ads.example"]),
        // Clash.
        Claim("tunnel include clash", "+.a.example", takes: ["a.example", "x.a.example", "y.x.a.example"], leaves: ["xa.example"]),
        Claim("tunnel include clash", ".a.example", takes: ["x.a.example", "y.x.a.example"], leaves: ["a.example", "xa.example"]),
        Claim("tunnel include clash", "*.a.example", takes: ["x.a.example"], leaves: ["a.example", "y.x.a.example"]),
        Claim("tunnel include clash", "www.*.example", takes: ["www.x.example"], leaves: ["www.example", "www.y.x.example"]),
        Claim("tunnel include clash", "a.example", takes: ["a.example"], leaves: ["x.a.example"]),
        Claim("tunnel include clash", "payload:\n  - '+.a.example'", takes: ["x.a.example"]),
        Claim("tunnel include clash", "payload: ['a.example', \"b.example\", c.example]", takes: ["a.example", "b.example", "c.example"]),
        Claim("tunnel include clash", "DOMAIN,a.example", takes: ["a.example"], leaves: ["x.a.example"]),
        Claim("tunnel include clash", "DOMAIN-SUFFIX,a.example", takes: ["x.a.example"], leaves: ["xa.example"]),
        Claim("tunnel include clash", "DOMAIN-KEYWORD,track", takes: ["x.tracker.test"]),
        Claim("tunnel include clash", "DOMAIN-WILDCARD,*.a?.example", takes: ["x.y.ab.example"], leaves: ["x.a.example", "ab.example"]),
        Claim("tunnel include clash", "DOMAIN-REGEX,^a{1,2}\\.example$", takes: ["aa.example"], leaves: ["aaa.example"]),
        Claim("tunnel include clash", "IP-CIDR,10.0.0.0/8,no-resolve", takes: ["@10.1.1.1"]),
        Claim("tunnel include clash", "IP-CIDR6,2001:db8::/32", takes: ["@2001:db8::1"]),
        Claim("tunnel include clash", "DOMAIN-SUFFIX,a.example,DIRECT", leaves: ["a.example"]),
        Claim("direct include clash", "DOMAIN-SUFFIX,a.example,DIRECT", takes: ["a.example"]),
        Claim("direct include clash", "DOMAIN-SUFFIX,a.example,Proxy", leaves: ["a.example"]),
        Claim("block include clash", "DOMAIN-SUFFIX,a.example,REJECT-DROP", takes: ["a.example"]),
        // sing-box.
        Claim(
            "tunnel include singbox", #"{"version":1,"rules":[{"domain_suffix":["google.com"]}]}"#, takes: ["google.com", "a.google.com"],
            leaves: ["xgoogle.com"]),
        Claim(
            "tunnel include singbox", #"{"version":2,"rules":[{"domain_suffix":".google.com"}]}"#,
            takes: ["a.google.com", "b.a.google.com"], leaves: ["google.com"]),
        Claim(
            "tunnel include singbox", #"{"rules":[{"domain":"google.com"}],"version":3}"#, takes: ["google.com"], leaves: ["a.google.com"]),
        Claim(
            "tunnel include singbox", #"{"version":4,"rules":[{"domain":["a.test"],"domain_keyword":"oog","ip_cidr":["10.0.0.0/8"]}]}"#,
            takes: ["a.test", "google.com", "@10.1.1.1"]),
        Claim("tunnel include singbox", #"{"version":1,"rules":[{"domain_suffix":["google.com"],"port":443}]}"#, leaves: ["google.com"]),
        Claim(
            "tunnel include singbox", #"{"version":1,"rules":[{"invert":true,"domain_suffix":["google.com"]}]}"#,
            leaves: ["google.com", "a.test"]),
        Claim(
            "tunnel include singbox", #"{"version":1,"rules":[{"type":"logical","mode":"or","rules":[{"domain":"a.test"}]}]}"#,
            leaves: ["a.test"]),
        // Hosts.
        Claim("block include hosts", "0.0.0.0 ads.example b.example", takes: ["ads.example", "b.example"], leaves: ["a.ads.example"]),
        Claim("tunnel include hosts", "10.0.0.5 git.corp.example # git", takes: ["git.corp.example"], leaves: ["git"]),
        Claim(
            "block include hosts", "127.0.0.1 localhost ip6-ads.example\n::1 ip6-localhost", takes: ["ip6-ads.example"],
            leaves: ["localhost", "ip6-localhost"]),
        // RPZ.
        Claim("block include rpz", "ads.example CNAME .", takes: ["ads.example"], leaves: ["a.ads.example"]),
        Claim("block include rpz", "*.ads.example CNAME .", takes: ["a.ads.example", "b.a.ads.example"], leaves: ["ads.example"]),
        Claim("tunnel include rpz", "ads.example CNAME .", takes: ["ads.example"]),
        Claim("block include rpz", "ads.example CNAME *.", takes: ["ads.example"]),
        Claim("tunnel include rpz", "ads.example CNAME *.", leaves: ["ads.example"]),
        Claim(
            "block include rpz", "*.ads.example CNAME .\ngood.ads.example CNAME rpz-passthru.", takes: ["a.ads.example"],
            leaves: ["good.ads.example"]),
        Claim(
            "block include rpz", "$ORIGIN z.\n@ SOA a. b. 1 2 3 4 5\nads.example CNAME .\nb.example.z. CNAME .",
            takes: ["ads.example", "b.example"]),
        Claim("block include rpz", "ads.example 60 IN A 0.0.0.0", takes: ["ads.example"]),
        Claim("block include rpz", "ads.example A 10.0.0.1", leaves: ["ads.example"]),
        Claim("block include rpz", "32.1.0.0.10.rpz-ip CNAME .", leaves: ["@10.0.0.1"]),
    ]

    private func matcher(_ include: String, _ list: String) throws -> (matcher: Matcher, problems: [Problem]) {
        // The file's name stands behind the kind, attributes and options behind it.
        var words = include.split(separator: " ").map(String.init)
        if words.count > 3, words[3].hasPrefix("@") { words[3] = "list" + words[3] } else { words.insert("list", at: 3) }
        let (items, problems) = RuleParser.read(Array(words.joined(separator: " ").utf8), file: "rules", idna: FormatsWorld.idna)
        try #require(problems.isEmpty)
        guard case .include(let read)? = items.first else { throw Problem(.error, file: include, line: 0, column: 0, "no include") }
        var builder = MatcherBuilder()
        builder.begin(file: read.path, treatment: read.treatment)
        ListReader(read, idna: FormatsWorld.idna).read(Array(list.utf8).span, into: &builder)
        return (Matcher(builder), builder.problems)
    }

    @Test(arguments: claims) func everySentenceHolds(_ claim: Claim) throws {
        let matcher = try matcher(claim.include, claim.list).matcher
        for (names, isTaken) in [(claim.takes, true), (claim.leaves, false)] {
            for name in names {
                let found = name.hasPrefix("@") ? matcher.match(IPAddress.of(String(name.dropFirst()))) : matcher.match(Name.of(name))
                #expect((found != nil) == isTaken, "\(name)")
            }
        }
    }

    @Test func someSentencesWereHeld() {
        #expect(Self.claims.count == 88)
        #expect(Set(Self.claims.map { $0.include.split(separator: " ")[2] }) == Set(ListKind.allCases.map { $0.rawValue[...] }))
    }

    /// A word that is neither an address nor a name a program could ask for is said, in every format.
    @Test(arguments: [
        ("plain", "%"), ("plain exact", "*.%"), ("geosite", "full:%"), ("geosite", "%"), ("dnsmasq", "server=/%/10.0.0.1"),
        ("adguard", "||%^"), ("adguard", "[/%/]10.0.0.1"), ("clash", "+.%"), ("clash", "%"), ("clash", "DOMAIN,%"),
        ("singbox", #"{"version":1,"rules":[{"domain":["%"]}]}"#), ("hosts", "0.0.0.0 %"), ("rpz", "% CNAME ."),
    ])
    func whatEndsInANumberIsNoName(_ kind: String, _ form: String) throws {
        for word in ["10.20.0.256", "1.2.3", "corp.123"] {
            let list = String(form.split(separator: "%", omittingEmptySubsequences: false).joined(separator: word))
            let (matcher, problems) = try matcher("tunnel include \(kind)", list)
            #expect(matcher.count == 0, "\(list)")
            #expect(problems.contains { $0.message.contains("no name ends in a number") }, "\(list): \(problems)")
        }
        let list = String(form.split(separator: "%", omittingEmptySubsequences: false).joined(separator: "1.2.3.example"))
        #expect(try matcher("tunnel include \(kind)", list).matcher.count == 1, "\(list)")
    }

    @Test func aPayloadWithoutItsColonIsNoListOfClash() throws {
        for list in ["payload", "# made by hand\n\npayload\n  - '+.a.example'"] {
            let (matcher, problems) = try matcher("tunnel include clash", list)
            #expect(matcher.count == 0 && problems.map(\.severity) == [.error], "\(problems)")
        }
        #expect(try matcher("tunnel include clash", "payload:").matcher.count == 0)
    }

    @Test func theServerOfALineComesBeforeThatOfTheInclude() throws {
        let matcher = try matcher("tunnel include dnsmasq via 10.9.9.9", "server=/a.example/10.0.0.1\nnftset=/b.example/4#inet#t#s").matcher
        #expect(matcher.match(Name.of("a.example"))?.options.via == ServerAddress("10.0.0.1"))
        #expect(matcher.match(Name.of("b.example"))?.options.via == ServerAddress("10.9.9.9"))
    }

    @Test func listsThatIncludeOneAnotherInACircleAreAnErrorWithTheWay() throws {
        let files = ["a": "include:b\na.example", "b": "b.example\ninclude:C", "c": "include:a"]
        var builder = MatcherBuilder()
        ListReader(.geosite, file: "data/a", action: .tunnel, idna: { _ in nil }, open: { files[$0].map { Array($0.utf8) } })
            .read(Array("include:b\na.example".utf8).span, into: &builder)
        #expect(builder.problems.map(\.severity) == [.error])
        #expect(builder.problems.first?.message == "lists include one another in a circle: a → b → c → a")
        #expect(builder.problems.first?.file == "data/c")
    }

    @Test func aListThatIncludesWhatIsNotThereIsAnError() throws {
        let problems = try matcher("tunnel include geosite", "include:gone").problems
        #expect(problems.map(\.severity) == [.error])
        #expect(problems.first?.line == 1)
    }

    @Test func includesThatFanOutEnd() {
        // Each of these includes both of the next: 2 to the power of 30 ways.
        var builder = MatcherBuilder()
        let open: @Sendable (String) -> [UInt8]? = { name in
            guard let level = Int(name.dropFirst()) else { return nil }
            return Array("include:a\(level + 1)\ninclude:b\(level + 1)".utf8)
        }
        ListReader(.geosite, file: "a0", action: .tunnel, idna: { _ in nil }, open: open).read(
            Array("include:a1\ninclude:b1".utf8).span, into: &builder)
        #expect(builder.problems.contains { $0.severity == .error && $0.message.contains("more includes") })
    }

    @Test(arguments: [
        ("", 1, 1, "ends where '{'"), ("[]", 1, 1, "'{' should"), ("{\"version\": 1}", 1, 1, "no \"rules\""),
        ("{\"rules\": []}", 1, 1, "\"version\" is 1 to 4"), ("{\n  \"version\": 9,\n  \"rules\": []\n}", 2, 14, "\"version\" is 1 to 4"),
        ("{\"version\": 1, \"rules\": [}", 1, 26, "a value should"), ("{\"version\": 1, \"rules\": [{\"é\": 1é}]}", 1, 33, "'}' should"),
        ("{\"version\": 1,\n \"rules\": [{\"domain\": [\"a.example\", 7]}]}", 2, 37, "'\"' should"),
        ("{\"version\": 1, \"version\": 1, \"rules\": []}", 1, 16, "stands here twice"),
        ("{\"version\": 01, \"rules\": []}", 1, 13, "a value"),
        ("{\"version\": 1, \"rules\": []} x", 1, 29, "the end"), ("{\"version\": 1, \"rules\": [{\"domain\": \"a", 1, 37, "does not end"),
        ("{\"version\": 1, \"rules\": [{\"domain_regex\": \"\\ud800\"}]}", 1, 44, "half of a character"),
        ("{\"version\": 1, \"rules\": [{\"domain\": \"\\x\"}]}", 1, 38, "an unknown escape"),
    ])
    func jsonThatIsNoneIsAnErrorAtItsPlace(_ text: String, _ line: Int, _ column: Int, _ message: String) throws {
        let problems = try matcher("tunnel include singbox", text).problems
        #expect(problems.map(\.severity) == [.error])
        #expect(problems.map(\.line) == [line])
        #expect(problems.map(\.column) == [column])
        #expect(problems.first?.message.contains(message) == true, "\(problems)")
    }

    @Test func jsonThatNestsWithoutEndIsAnError() throws {
        for unit in ["[", "{\"a\":"] {
            let text = "{\"version\": 1, \"rules\": [{\"domain\": " + String(repeating: unit, count: 100_000)
            let problems = try matcher("tunnel include singbox", text).problems
            #expect(problems.map(\.severity) == [.error])
            #expect(problems.first?.message.contains("deep in one another") == true)
        }
    }
}
