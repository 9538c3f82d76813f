// SPDX-License-Identifier: MIT
import Rules
import Wire

extension RuleBookReader {
    /// Takes an included list; where the one on disk is not to be had, the last good one; where there is none, that is an error.
    mutating func take(_ include: Include) {
        let path = Self.path(of: include.file, beside: include.place.file)
        let place = "\(include.place.file):\(include.place.line)"
        let key: SigningKey?
        do throws(Problem) {
            key = try include.key.map { text throws(Problem) in try signingKey(text, include) }
        } catch {
            problems.append(error)
            return
        }
        let id = ListShelf.id(path: path, kind: include.kind.rawValue, key: key)
        used.insert(id)
        let former = shelf?.entry(id)
        do throws(ListRefusal) {
            let (candidate, tally) = try takeFromDisk(include, path, key, former)
            lists.append(
                RuleBook.List(
                    file: path, kind: include.kind.rawValue, place: place, entries: tally.entries, isSigned: key != nil, kept: nil))
            problems += tally.problems
            remark(tally, candidate, include, path)
            stage(candidate, tally, id, former, include)
        } catch {
            guard let (entry, parts) = shelf?.list(id), !parts.isEmpty else {
                problems.append(
                    problem(.error, include, "\(path) is not taken: \(error.text)", hint: error.hint))
                return
            }
            let tally = parse(ListCandidate(path: path, parts, entry), include)
            lists.append(
                RuleBook.List(
                    file: path, kind: include.kind.rawValue, place: place, entries: tally.entries, isSigned: key != nil, kept: error.text))
            problems.append(
                problem(
                    .warning, include, "\(path) is not taken: \(error.text); its last good version, of \(tally.entries) entries, stays in force",
                    hint: error.hint))
        }
    }

    /// Reads, judges, takes. Errors: the list is not to be taken; nothing of it was, unless there is no former one.
    private mutating func takeFromDisk(
        _ include: Include, _ path: String, _ key: SigningKey?, _ former: KeptList?
    ) throws(ListRefusal) -> (ListCandidate, ListTally) {
        see([path] + (key == nil ? [] : [path + ".minisig"]))
        let candidate = try ListCandidate(path: path, key: key)
        if let last = former?.timestamp {
            guard let time = candidate.timestamp, time >= last else { throw .older(candidate.timestamp, than: last) }
        }
        try Self.judge(candidate)
        // What was taken before, byte by byte, needs no trial.
        if let former, former.digest != candidate.digest || former.parts.count > 1 {
            var trial = ListIntake(NobodyTakes(), breadth: breadth, isForced: include.isForced, file: path)
            Self.read(candidate, include, into: &trial)
            defer { see(candidate.looked) }
            try Self.judge(trial.tally, candidate, include, former)
        }
        let tally = parse(candidate, include)
        see(candidate.looked)
        // Without a former one this is the trial: the error that follows keeps the whole book out of force.
        try Self.judge(tally, candidate, include, former)
        return (candidate, tally)
    }

    private mutating func parse(_ candidate: ListCandidate, _ include: Include) -> ListTally {
        builder.begin(file: candidate.path, treatment: include.treatment)
        var intake = ListIntake(MatcherBuilder(), breadth: breadth, isForced: include.isForced, file: candidate.path)
        swap(&intake.next, &builder)
        Self.read(candidate, include, into: &intake)
        swap(&intake.next, &builder)
        return intake.tally
    }

    private static func read(_ candidate: ListCandidate, _ include: Include, into sink: inout some ListSink) {
        let reader = ListReader(
            kind: include.kind, file: candidate.path, action: include.treatment.action, isExact: include.isExact,
            idna: { InternationalName.ascii($0) }, open: { candidate.open($0) })
        candidate.bytes.withSpan { reader.read($0, into: &sink) }
    }

    /// Errors: it is no list at all.
    private static func judge(_ candidate: ListCandidate) throws(ListRefusal) {
        try candidate.bytes.withSpan { bytes throws(ListRefusal) in
            let start = (0..<min(bytes.count, 4096)).map { bytes[$0] }
            guard !start.isEmpty else { throw .empty }
            if start.starts(with: [0x1F, 0x8B]) || start.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) || start.starts(with: Array("PK".utf8) + [3, 4]) {
                throw .noText("a compressed file")
            }
            guard !start.contains(0) else { throw .noText("a binary file") }
            let text = start.starts(with: [0xEF, 0xBB, 0xBF]) ? start.dropFirst(3) : start[...]
            if text.first(where: { $0 > 32 }) == UInt8(ascii: "<") { throw .noText("a page of HTML or XML") }
        }
    }

    /// Errors: what was read is less than a list of this kind has.
    private static func judge(
        _ tally: ListTally, _ candidate: ListCandidate, _ include: Include, _ former: KeptList?
    ) throws(ListRefusal) {
        if let trouble = candidate.trouble { throw trouble }
        if let error = tally.problems.first(where: { $0.severity == .error }) { throw .gibberish(first: error) }
        guard tally.entries + tally.refused > 0 else { throw tally.troubles == 0 ? .empty : .gibberish(first: tally.problems.first) }
        // Lists for browsers are mostly of what is not for us.
        let share = include.kind == .adguard ? 100 : 1
        guard tally.troubles <= share * max(tally.entries + tally.refused, 10) else { throw .gibberish(first: tally.problems.first) }
        if let former, !include.isForced, tally.entries * 10 <= former.entries { throw .shrunk(from: former.entries, to: tally.entries) }
    }

    /// What is to be said of a list that was taken.
    private mutating func remark(_ tally: ListTally, _ candidate: ListCandidate, _ include: Include, _ path: String) {
        func more(_ count: Int, _ what: String) {
            guard count > ListTally.mostProblems else { return }
            problems.append(Problem(.warning, file: path, line: 0, column: 0, "\(count - ListTally.mostProblems) more \(what)"))
        }
        more(tally.troubles, "lines that cannot be taken as they are")
        more(tally.refused, "entries left out as too broad")
        if tally.hostingCount > 0, include.treatment.action != .block {
            let names = tally.hosting.joined(separator: ", ") + (tally.hostingCount > tally.hosting.count ? ", …" : "")
            problems.append(
                Problem(
                    .warning, file: path, line: 0, column: 0,
                    "\(tally.hostingCount) of its names are hosting companies' suffixes (\(names)): strangers have names below them, with addresses as they like"
                ))
        }
        if let name = candidate.signedAs {
            problems.append(Problem(.warning, file: path, line: 0, column: 0, "it was signed as '\(name)': is it the list you mean?"))
        }
        if let key = include.key, candidate.timestamp == nil {
            problems.append(
                problem(.warning, include, "the signature of \(path) by \(key) does not say when it was made: an old one is not told from a new one"))
        }
    }

    private mutating func stage(_ candidate: ListCandidate, _ tally: ListTally, _ id: String, _ former: KeptList?, _ include: Include) {
        let all = candidate.all
        let entry = KeptList(
            path: candidate.path, entries: tally.entries, timestamp: candidate.timestamp, digest: candidate.digest,
            parts: all.map { part in KeptList.Part(name: part.name, length: part.bytes.count) })
        guard let shelf, entry != former || candidate.hasParts else { return }
        do throws(ListShelf.Trouble) {
            try shelf.stage(id, entry, all.map(\.bytes))
            staged.append(id)
        } catch {
            problems.append(
                problem(.warning, include, "no copy of \(candidate.path) can be kept for the day on which it is broken: \(error.text)"))
        }
    }

    private func signingKey(_ text: String, _ include: Include) throws(Problem) -> SigningKey {
        if let key = SigningKey(text) { return key }
        let file = Self.path(of: text, beside: include.place.file)
        do throws(HostFile.Failure) {
            if let key = SigningKey(file: try FileBytes(file, limit: ListSignature.largest).array) { return key }
        } catch {
            throw problem(
                .error, include, "'\(text)' is no key of minisign, and as a file: \(ListRefusal.unreadable(error).text)",
                hint: "signed RW…, the 56 characters that minisign -G printed, or the path of its .pub file")
        }
        throw problem(.error, include, "\(file) holds no key of minisign", hint: "it is the .pub file that minisign -G wrote")
    }

    private func problem(_ severity: Problem.Severity, _ include: Include, _ message: String, hint: String? = nil) -> Problem {
        Problem(
            severity, file: include.place.file, line: include.place.line, column: include.place.column, message, hint: hint)
    }

    private mutating func see(_ paths: [String]) {
        for path in paths where seen[path] == nil { seen[path] = FileStamp(of: path) }
    }

    private static func path(of file: String, beside other: String) -> String {
        guard !file.hasPrefix("/") else { return file }
        return (other.lastIndex(of: "/").map { String(other[...$0]) } ?? "") + file
    }
}
