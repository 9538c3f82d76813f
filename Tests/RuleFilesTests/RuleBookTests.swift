// SPDX-License-Identifier: MIT
import Glibc
import RuleFiles
import Rules
import Testing
import Wire

@Suite struct RuleBookTests {
    let scratch = Scratch()

    @Test func aListStandsWhereItIsIncluded() throws {
        scratch.write("lists/work.txt", "shared.example\nwork.example\n")
        scratch.write(
            "a.rules",
            "block shared.example\ntunnel include plain lists/work.txt\ndirect work.example\nlan include plain lists/work.txt exact\n")
        let book = try scratch.book()
        #expect(book.decision("x.shared.example") == "block a.rules:1")
        #expect(book.decision("x.work.example") == "tunnel work.txt:2")
        #expect(book.decision("work.example") == "lan work.txt:2")
        #expect(book.lists.map(\.entries) == [2, 2] && book.lists.map(\.place) == [scratch["a.rules"] + ":2", scratch["a.rules"] + ":4"])
    }

    @Test func namesOfOtherScriptsAndNetworksAreRead() throws {
        scratch.write("work.txt", "bücher.example\n10.20.0.0/16\nxn--fa-hia.de\n")
        scratch.write("a.rules", "tunnel include plain work.txt\ndirect straße.example\n")
        let book = try scratch.book()
        #expect(book.problems == [])
        #expect(
            book.decision("www.xn--bcher-kva.example") == "tunnel work.txt:1"
                && book.decision("xn--strae-oqa.example") == "direct a.rules:2")
        #expect(book.matcher.match(.v4(0x0A14_0005))?.action == .tunnel)
    }

    @Test(arguments: [
        ("", "there is no entry in it"), ("# nothing\n\n", "there is no entry in it"), ("<!DOCTYPE html>\n<p>404\n", "this is HTML"),
        ("\u{1F}\u{8B}", "none of its lines"), ("two words\nagain two\n", "none of its lines can be taken"),
    ])
    func aBrokenListIsAnErrorAtFirstAndKeepsTheOldOneLater(_ text: String, _ reason: String) throws {
        scratch.write("work.txt", text)
        scratch.write("a.rules", "# work\ntunnel   include plain work.txt\ndirect other.example\n")
        let first = try scratch.book()
        #expect(first.errors.count == 1 && first.errors[0].contains(reason), "\(first.problems)")
        #expect(first.problems.first.map { ($0.line, $0.file) }.map { $0 == (2, scratch["a.rules"]) } == true)

        scratch.write("work.txt", names(30))
        #expect(try scratch.book().problems == [])
        scratch.write("work.txt", text)
        scratch.write("a.rules", "tunnel include plain work.txt\ndirect new.example\n")
        // Also for the next daemon, which has never seen the list whole.
        for _ in 0..<2 {
            let later = try scratch.book()
            #expect(
                later.errors == [] && later.warnings.contains { $0.contains(reason) && $0.contains("its last good version, of 30 entries") }
            )
            #expect(later.decision("x.name29.example") == "tunnel work.txt:30")
            #expect(later.decision("new.example") == "direct a.rules:2", "the rest is new")
            #expect(later.lists.first?.kept?.contains(reason) == true)
        }
    }

    @Test func whatIsNoFileKeepsTheOldOneToo() throws {
        scratch.write("a.rules", "tunnel include plain work.txt\n")
        scratch.write("work.txt", names(30))
        _ = try scratch.book()
        for (harm, reason) in [
            ({ _ in }, "no such file"), ({ unsafe mkfifo($0, 0o600) }, "a named pipe"), ({ unsafe mkdir($0, 0o700) }, "a folder"),
            ({ unsafe symlink($0, $0) }, "in a circle"),
        ] as [((String) -> Void, String)] {
            scratch.remove(scratch["work.txt"])
            harm(scratch["work.txt"])
            let book = try scratch.book()
            #expect(book.matcher.count == 30 && book.lists.first?.kept?.contains(reason) == true, "\(book.lists)")
        }
    }

    @Test func aListTenTimesSmallerIsNotTakenUnlessForced() throws {
        scratch.write("a.rules", "tunnel include plain work.txt\n")
        scratch.write("work.txt", names(100))
        _ = try scratch.book()
        scratch.write("work.txt", names(10))
        let smaller = try scratch.book()
        #expect(smaller.matcher.count == 100 && smaller.lists.first?.kept == "it has shrunk from 100 entries to 10")
        scratch.write("work.txt", names(50))
        #expect(try scratch.book(keeps: false).problems == [])
        scratch.write("work.txt", names(11))
        let half = try scratch.book()
        #expect(half.matcher.count == 11)
        #expect(half.problems.contains { $0.severity == .warning && $0.message.contains("shrunk from 100 entries to 11") })
        scratch.write("work.txt", names(1))
        #expect(try scratch.book().matcher.count == 11)
        scratch.write("a.rules", "tunnel include plain work.txt force\n")
        #expect(try scratch.book().matcher.count == 1)
    }

    /// A list's own exceptions, by which one line opens all that it names.
    @Test(arguments: ["@@/name/", "@@||com^\n@@||example^", "@@/^name[0-9]+[.]/", "@@*.example^"])
    func aListThatExceptsItselfIsNotTakenUnlessForced(_ exceptions: String) throws {
        scratch.write("work.txt", names(40))
        scratch.write("a.rules", "tunnel include adguard work.txt\n")
        #expect(try scratch.book().problems == [])
        scratch.write("work.txt", names(40) + exceptions + "\n")
        let fresh = try scratch.book(keeps: false, state: "fresh")
        #expect(fresh.errors.contains { $0.contains("its own exceptions take out all that it names") }, "\(fresh.problems)")
        let kept = try scratch.book()
        #expect(kept.errors == [] && kept.lists.first?.kept?.contains("its own exceptions") == true, "\(kept.problems)")
        #expect(kept.decision("name3.example") == "tunnel work.txt:4")
        #expect(kept.problems.contains { $0.hint?.contains("'force' at the end of the include takes it") == true })
        scratch.write("a.rules", "tunnel include adguard work.txt force\n")
        let forced = try scratch.book(keeps: false)
        #expect(forced.lists.first?.kept == nil && forced.decision("name3.example") == nil)
    }

    @Test(arguments: ["@@/./", "@@/[a-z]/"])
    func anExceptionOfEverybodysNamesIsLeftOut(_ exception: String) throws {
        scratch.write("work.txt", names(40) + exception + "\n")
        scratch.write("a.rules", "tunnel include adguard work.txt\n")
        let book = try scratch.book()
        #expect(book.decision("name3.example") == "tunnel work.txt:4")
        #expect(book.problems.map(\.line) == [41], "\(book.problems)")
    }

    /// Where the longest name decides, a short exception takes nothing from the names below it.
    @Test(arguments: [("dnsmasq", "server=/", "/"), ("adguard", "[/", "/]")])
    func aShortExceptionBesideLongerNamesIsTaken(_ kind: String, _ open: String, _ close: String) throws {
        let lines = names(40).split(separator: "\n").map { "\(open)\($0)\(close)10.0.0.1\n" }.joined()
        scratch.write("work.txt", lines)
        scratch.write("a.rules", "tunnel include \(kind) work.txt\n")
        #expect(try scratch.book().lists.first?.kept == nil)
        scratch.write("work.txt", lines + "\(open)example\(close)#\n")
        let book = try scratch.book()
        #expect(book.errors == [] && book.lists.first?.kept == nil && book.decision("x.name3.example") == "tunnel work.txt:4")
    }

    @Test func aListOfPatternsThatExceptsEverythingIsNotTaken() throws {
        scratch.write("work.txt", "/^git[0-9]/\n/jira/\n@@||wiki.example^\n")
        scratch.write("a.rules", "tunnel include adguard work.txt\n")
        #expect(try scratch.book().problems == [])
        scratch.write("work.txt", "/^git[0-9]/\n/jira/\n@@/./\n")
        #expect(try scratch.book().decision("git1.example") == "tunnel work.txt:1")
    }

    @Test func exceptionsThatLeaveMostOfAListAreTaken() throws {
        scratch.write("work.txt", names(40))
        scratch.write("a.rules", "tunnel include adguard work.txt\n")
        #expect(try scratch.book().problems == [])
        let some = (0..<30).map { "@@||name\($0).example^\n" }.joined()
        scratch.write("work.txt", names(40) + some)
        let book = try scratch.book()
        #expect(book.problems == [] && book.decision("name3.example") == nil && book.decision("name33.example") != nil)
    }

    @Test func onlyLookingChangesNothing() throws {
        scratch.write("a.rules", "tunnel include plain work.txt\n")
        scratch.write("work.txt", names(100))
        _ = try scratch.book(keeps: false)
        #expect(HostFile.matching(scratch["state/lists/*"]) == [])
        _ = try scratch.book()
        #expect(HostFile.matching(scratch["state/lists/*"]).count == 1)
        scratch.write("work.txt", names(1))
        #expect(try scratch.book(keeps: false).matcher.count == 100)
    }

    @Test func aCopyThatWasTamperedWithIsNoneAndNeverTraps() throws {
        scratch.write("a.rules", "tunnel include plain work.txt\n")
        scratch.write("work.txt", names(30))
        _ = try scratch.book()
        let copy = try #require(HostFile.matching(scratch["state/lists/*"]).first)
        let whole = try HostFile.read(copy)
        scratch.remove(scratch["work.txt"])
        #expect(try scratch.book().matcher.count == 30)
        let name = String(copy.dropFirst(scratch.path.count + 1))
        for cut in [0, 1, 20, whole.count / 2, whole.count - 1] {
            scratch.write(name, Array(whole[..<cut]))
            #expect(try scratch.book(keeps: false).errors.count == 1)
        }
        for at in stride(from: 0, to: whole.count, by: 3) {
            var other = whole
            other[at] ^= 0x15
            scratch.write(name, other)
            let book = try scratch.book(keeps: false)
            // The path, which is for people, may be another; the list may not.
            #expect(book.errors.count == 1 || book.matcher.count == 30, "byte \(at)")
        }
    }

    @Test func aRuleForEverybodysNamesIsRefusedUnlessForced() throws {
        for name in ["com", "*.co.uk", "github.io", "*.cloudfront.net", "128.0.0.0/1", "2000::/3"] {
            scratch.write("a.rules", "tunnel \(name)\n")
            let book = try scratch.book()
            #expect(book.problems.count == 1 && book.errors.count == (name.contains("/") ? 0 : 1), "\(name): \(book.problems)")
            #expect(book.problems.first?.hint?.contains("force") == true)
            scratch.write("a.rules", "tunnel \(name) force\n")
            #expect(try scratch.book().problems == [], "\(name)")
        }
        for name in ["=com", "lan", "corp", "home.arpa", "example.com", "me.github.io", "10.0.0.0/8", "fc00::/7", "fd00::/8"] {
            scratch.write("a.rules", "tunnel \(name)\n")
            #expect(try scratch.book().problems == [], "\(name)")
        }
    }

    @Test func aPatternThatIsFoundInEverybodysNamesIsRefusedUnlessForced() throws {
        let broad = [
            "~a", "~.", "~com", "~.org", "/./", "/.*/", "/^/", "/[a-z0-9]/", "/\\./", "/\\.com$/", "/net$/", "~.io", "~de", "/\\.de$/",
            "/^[^.]+\\.com$/",
            "/^www\\./",
        ]
        for pattern in broad {
            scratch.write("a.rules", "tunnel \(pattern)\n")
            let book = try scratch.book()
            #expect(book.errors.count == 1 && book.problems[0].hint?.contains("force") == true, "\(pattern): \(book.problems)")
            scratch.write("a.rules", "tunnel \(pattern) force\n")
            let forced = try scratch.book()
            #expect(
                forced.errors == [] && ["a.com", "a.net", "a.org", "a.de", "a.io", "www.a.de"].contains { forced.decision($0) != nil },
                "\(pattern): \(forced.errors)")
        }
        for pattern in [
            "~ad", "~acme", "~a-b", "~shop", "~google", "/(^|\\.)corp\\.example$/", "/^cdn[0-9]*\\./", "/^ads[0-9]*\\./",
            "/^[a-z]{3,9}\\.com$/", "/x{2}/",
        ] {
            scratch.write("a.rules", "tunnel \(pattern)\n")
            #expect(try scratch.book().problems == [], "\(pattern)")
        }
    }

    @Test func aListsPatternForEverybodysNamesIsLeftOutUnlessForced() throws {
        scratch.write("ads.txt", "||ads.example^\n/./\n/^x[0-9]\\./\n")
        scratch.write("a.rules", "block include adguard ads.txt\n")
        let book = try scratch.book()
        #expect(book.errors == [] && book.warnings.filter { $0.contains("every name") }.count == 1, "\(book.problems)")
        #expect(book.decision("x.ads.example") == "block ads.txt:1" && book.decision("q7.com") == nil)
        #expect(book.decision("x1.com") == "block ads.txt:3", "the regexes beside it are searched for")
        scratch.write("a.rules", "block include adguard ads.txt force\n")
        #expect(try scratch.book().decision("q7.com") == "block ads.txt:2")
    }

    @Test func aListsEntryForEverybodysNamesIsLeftOutUnlessForced() throws {
        scratch.write("work.txt", "corp.example\ncom\nco.uk\ngithub.io\n128.0.0.0/1\n")
        scratch.write("a.rules", "tunnel include plain work.txt\n")
        let book = try scratch.book()
        #expect(
            book.errors == [] && book.decision("x.corp.example") != nil && book.decision("x.com") == nil && book.decision("x.co.uk") == nil)
        #expect(book.matcher.match(.v4(0x8000_0001)) == nil)
        #expect(book.decision("x.github.io") != nil && book.warnings.contains { $0.contains("hosting companies' suffixes (github.io)") })
        #expect(book.problems.filter { $0.message.contains("left out") }.map(\.line) == [2, 3, 5])
        scratch.write("a.rules", "tunnel include plain work.txt force\n")
        let forced = try scratch.book()
        #expect(forced.problems == [] && forced.decision("x.com") == "tunnel work.txt:2")
    }

    @Test func aServerThatMustNotBeAskedIsLeftOutOfAList() throws {
        scratch.write("work.conf", "server=/a.example/127.0.0.53\nserver=/b.example/10.0.0.1\nserver=/c.example/127.0.0.53\n")
        scratch.write("a.rules", "tunnel include dnsmasq work.conf\n")
        var reader = RuleBookReader(
            shelf: nil, suffixes: Scratch.suffixes,
            objections: { treatment, _, place in
                guard treatment.options.via?.address == .v4(0x7F00_0035) else { return [] }
                return [Problem(.error, file: place.file, line: place.line, column: 0, "our own")]
            })
        try reader.read(scratch["a.rules"])
        let book = reader.book()
        #expect(book.problems.map(\.message) == ["our own"] && book.errors == [])
        let servers = book.matcher.rules.map { $0.options.via?.address }
        #expect(servers == [nil, .v4(0x0A00_0001), nil])
    }

    /// What is left of a rule file, of how many, and whether that is a loss.
    @Test(arguments: [
        (1, 0, true), (1, 1, false), (9, 1, false), (9, 0, true), (10, 1, true), (10, 2, false), (200, 20, true), (200, 21, false),
        (0, 0, false), (3, 40, false),
    ])
    func aRuleFileThatLosesNearlyAllIsTold(_ before: Int, _ after: Int, _ isLoss: Bool) throws {
        func rules(_ count: Int) -> String { "# mine\n" + (0..<count).map { "tunnel name\($0).example\n" }.joined() }
        scratch.write("a.rules", rules(before))
        let former = try scratch.book()
        scratch.write("a.rules", rules(after))
        let losses = try scratch.book().losses(after: former)
        #expect(losses == (isLoss ? [RuleFileLoss(file: scratch["a.rules"], before: before, now: after)] : []))
    }

    @Test func aRuleFileThatIsGoneOrHadOnlyAnIncludeIsALoss() throws {
        scratch.write("work.txt", names(3))
        scratch.write("a.rules", "tunnel include plain work.txt\n")
        scratch.write("b.rules", "block ads.example\n")
        let former = try scratch.book()
        let gone = try scratch.book("b.rules").losses(after: former)
        #expect(gone.map(\.text) == ["it is gone, with 1 line of rules"])
        scratch.write("a.rules", "# tunnel include plain work.txt\n")
        #expect(try scratch.book().losses(after: former).map(\.text) == ["it had 1 line of rules, and has none now"])
        #expect(try scratch.book().losses(after: .empty) == [])
    }

    @Test func everyFileIsReadOnceAndSeen() throws {
        scratch.write("data/one", "include:two\none.example\n")
        scratch.write("data/two", "two.example\n")
        scratch.write("a.rules", "tunnel include geosite data/one\n")
        let book = try scratch.book()
        #expect(book.problems == [] && book.decision("two.example") != nil)
        for name in ["a.rules", "data/one", "data/two"] {
            #expect(book.seen[scratch[name]] == .some(FileStamp(of: scratch[name])), "\(name)")
        }
        scratch.write("data/two", "two.example\nthree.example\n")
        #expect(book.seen[scratch["data/two"]] != .some(FileStamp(of: scratch["data/two"])))
    }
}
