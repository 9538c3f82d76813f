// SPDX-License-Identifier: MIT
import Wire

extension RuleParser {
    /// What a line's options stand behind.
    enum Subject {
        case pattern(Pattern)
        case list(ListKind)
    }

    /// What a line says behind its pattern or its file.
    struct Wishes {
        var options = Rule.Options()
        var isExact = false
        var key: String?
    }

    func wishes(_ words: ArraySlice<Word>, for subject: Subject, _ action: Action, _ line: Int) throws(Problem) -> Wishes {
        var wishes = Wishes()
        var isList = false
        if case .list = subject { isList = true }
        var said: Set<String> = []
        var index = words.startIndex
        while index < words.endIndex {
            let word = words[index]
            let parts = word.text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard said.insert(parts[0]).inserted else {
                throw problem(line, word, "'\(parts[0])' is said twice", hint: "each option once: leave one of them out")
            }
            switch (parts[0], parts.count == 2 ? parts[1] : nil) {
            case ("via", nil):
                index += 1
                guard index < words.endIndex, let server = ServerAddress(words[index].text) else {
                    throw problem(
                        line, index < words.endIndex ? words[index] : word, "via needs a server's address",
                        hint: "via 10.64.0.53, with another port 10.64.0.53:5353, [2001:db8::53]:5353")
                }
                guard action != .block else { throw problem(line, word, "a block rule asks no server") }
                if case .pattern(.network) = subject { throw problem(line, word, "a network rule asks no server") }
                wishes.options.via = server
            case ("via", let value?): throw problem(line, word, "via and its server are two words", hint: "via \(value)")
            case ("hints", let value?):
                guard let hints = Rule.Hints(rawValue: value) else {
                    throw problem(line, word, "unknown hints '\(value)'", hint: "hints=lease, hints=strip or hints=nodata")
                }
                wishes.options.hints = hints
            case ("private", nil): wishes.options.private = true
            case ("force", nil): wishes.options.force = true
            case ("exact", nil) where isList:
                guard case .list(.plain) = subject else {
                    throw problem(
                        line, word, "only plain lists are exact by the include: this one says it itself", hint: "leave 'exact' out")
                }
                wishes.isExact = true
            case ("signed", nil) where isList:
                index += 1
                guard index < words.endIndex else {
                    throw problem(line, word.end, "signed needs a key", hint: "signed KEY, the minisign public key of who makes the list")
                }
                wishes.key = words[index].text
            case ("dscp", let value?):
                guard let number = UInt8(value), number < 64 else { throw problem(line, word, "dscp is a number from 0 to 63") }
                wishes.options.dscp = number
            case ("priority", let value?):
                guard let priority = PacketPriority(value) else {
                    throw problem(
                        line, word, "priority is a number from 0 to 4294967295, or a class as tc writes it",
                        hint: "priority=6, or priority=1:10 for the class 1:10 of a queueing discipline")
                }
                wishes.options.priority = priority
            default:
                throw problem(
                    line, word, "unknown option '\(word.text)'",
                    hint: Self.near(parts[0], isList) + "options are \(isList ? "exact, signed KEY, " : "")"
                        + "via SERVER, hints=…, private, dscp=N, priority=N, force; '#' begins a comment")
            }
            index += 1
        }
        return wishes
    }

    private static func near(_ word: String, _ isList: Bool) -> String {
        let options = ["via", "hints", "private", "dscp", "priority", "force"] + (isList ? ["exact", "signed"] : [])
        return nearestWord(to: word, among: options).map { $0 == word ? "" : "did you mean \($0)? " } ?? ""
    }
}
