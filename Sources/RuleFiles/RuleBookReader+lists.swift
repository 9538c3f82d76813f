// SPDX-License-Identifier: MIT
import Rules
import Wire

extension RuleBookReader {
    /// Takes an included list; where the one on disk is not to be had, the last good one; where there is none, that is an error.
    mutating func take(_ include: Include) {
        let path = Self.path(of: include.path, beside: include.place.file)
        let key: SigningKey?
        do throws(Problem) {
            if let text = include.key { key = try signingKey(text, include) } else { key = nil }
        } catch {
            return problems.append(error)
        }
        let id = ListShelf.id(path: Self.path(of: include.file, beside: include.place.file), kind: include.kind.rawValue, key: key)
        used.insert(id)
        let former = shelf?.entry(id)
        func list(_ tally: ListTally, kept: ListRefusal?) -> RuleBook.List {
            RuleBook.List(
                file: path, kind: include.kind.rawValue, place: "\(include.place.file):\(include.place.line)", entries: tally.entries,
                isSigned: key != nil, kept: kept?.text)
        }
        do throws(ListRefusal) {
            let (candidate, tally) = try takeFromDisk(include, path, key, former)
            lists.append(list(tally, kept: nil))
            problems += tally.problems
            remark(tally, candidate, include)
            if let former { remark(shrinking: tally, candidate, former) }
            stage(candidate, tally, id, former, include)
        } catch {
            guard let (entry, first, rest) = shelf?.list(id) else {
                return problems.append(include.problem(.error, "\(path) is not taken: \(error.text)", hint: error.hint))
            }
            let tally = parse(ListCandidate(path: path, entry, first, rest), include)
            lists.append(list(tally, kept: error))
            problems.append(
                include.problem(
                    .warning, "\(path) is not taken: \(error.text); its last good version, of \(tally.entries) entries, stays in force",
                    hint: error.hint))
        }
    }

    /// Reads, judges, takes. Errors: the list is not to be taken; nothing of it was, unless there is no former one.
    private mutating func takeFromDisk(
        _ include: Include, _ path: String, _ key: SigningKey?, _ former: KeptList?
    ) throws(ListRefusal) -> (ListCandidate, ListTally) {
        see(path)
        if key != nil { see(ListCandidate.signature(path)) }
        let candidate = try ListCandidate(path: path, key: key, after: former)
        guard candidate.bytes.count > 0 else { throw .empty }
        // What was taken before, byte by byte, needs no trial.
        if let former, former.digest != candidate.digest || former.parts.count > 1 {
            var trial = ListIntake(NobodyTakes(), breadth: breadth, isForced: include.isForced, file: path)
            Self.read(candidate, include, into: &trial)
            defer { see(candidate) }
            try Self.judge(trial.tally, candidate, include, former)
            try judgeExceptions(trial.tally, candidate, include)
        }
        let tally = parse(candidate, include)
        see(candidate)
        // Without a former one this is the trial: the error that follows keeps the whole book out of force.
        try Self.judge(tally, candidate, include, former)
        if former == nil { try judgeExceptions(tally, candidate, include) }
        return (candidate, tally)
    }

    private mutating func parse(_ candidate: ListCandidate, _ include: Include) -> ListTally {
        let file = candidate.path
        builder.begin(file: file, treatment: include.treatment)
        var intake = ListIntake(MatcherBuilder(), breadth: breadth, isForced: include.isForced, file: file) { [objections] via, line in
            var treatment = include.treatment
            treatment.options.via = via
            return objections(treatment, nil, Place(file: file, line: line, column: 0))
        }
        swap(&intake.next, &builder)
        Self.read(candidate, include, into: &intake)
        swap(&intake.next, &builder)
        return intake.tally
    }

    private static func read(_ candidate: ListCandidate, _ include: Include, into sink: inout some ListSink) {
        let reader = ListReader(
            include.kind, file: candidate.path, action: include.treatment.action, isExact: include.isExact, attributes: include.attributes,
            idna: { InternationalName.ascii($0) }, open: { candidate.open($0) }, beside: { candidate.beside })
        candidate.bytes.withSpan { reader.read($0, into: &sink) }
    }

    /// Errors: what was read is not the list, or less of it than there was.
    private static func judge(
        _ tally: ListTally, _ candidate: ListCandidate, _ include: Include, _ former: KeptList?
    ) throws(ListRefusal) {
        if let error = tally.problems.first(where: { $0.severity == .error }) {
            if include.key != nil, let (name, trouble) = candidate.trouble { throw .part(name, trouble.text) }
            throw .broken(error)
        }
        guard tally.entries + tally.refused > 0 else { throw tally.problems.first.map { .gibberish(first: $0) } ?? .empty }
        if let former, !include.isForced, ListRefusal.isShrunk(from: former.entries, to: tally.entries) {
            throw .shrunk(from: former.entries, to: tally.entries)
        }
    }

    /// How much an exception takes out shows only where the list is asked, so one that has any is read into a matcher of its own.
    /// Errors: hardly anything of the list would be left.
    private func judgeExceptions(_ tally: ListTally, _ candidate: ListCandidate, _ include: Include) throws(ListRefusal) {
        guard tally.exceptions > 0, !include.isForced else { return }
        var intake = ListIntake(MatcherBuilder(), breadth: breadth, isForced: false, file: candidate.path)
        intake.next.begin(file: candidate.path, treatment: include.treatment)
        Self.read(candidate, include, into: &intake)
        for finding in Matcher(intake.next, regexes: compile).selfExceptions() where finding.isNearlyAll {
            throw .excepted(finding.excepted, of: finding.entries)
        }
    }

    /// What is to be said of a list that was taken.
    private mutating func remark(_ tally: ListTally, _ candidate: ListCandidate, _ include: Include) {
        func warn(_ text: String) { problems.append(Problem(.warning, file: candidate.path, line: 0, column: 0, text)) }
        if tally.refused > ListTally.mostRefused { warn("\(tally.refused - ListTally.mostRefused) more entries left out as too broad") }
        if tally.hostingCount > 0, include.treatment.action != .block {
            let names = tally.hosting.joined(separator: ", ") + (tally.hostingCount > tally.hosting.count ? ", …" : "")
            warn(
                "\(tally.hostingCount) of its names are hosting companies' suffixes (\(names)): strangers have names below them, with addresses as they like"
            )
        }
        if let name = candidate.signedAs { warn("it was signed as '\(name)': is it the list you mean?") }
        if include.key != nil, candidate.timestamp == nil {
            warn("its signature does not say when it was made: an old list is not told from a new one")
        }
    }

    /// A list cut to less than half may be a download that broke off: it is taken, and said.
    private mutating func remark(shrinking tally: ListTally, _ candidate: ListCandidate, _ former: KeptList) {
        guard tally.entries < former.entries - tally.entries else { return }
        problems.append(
            Problem(
                .warning, file: candidate.path, line: 0, column: 0,
                "it has shrunk from \(former.entries) entries to \(tally.entries), which is less than half, and is taken",
                hint: "is it whole? A tenth or less of what was in force is not taken without 'force'"))
    }

    private mutating func stage(_ candidate: ListCandidate, _ tally: ListTally, _ id: String, _ former: KeptList?, _ include: Include) {
        let all = candidate.all
        let entry = KeptList(
            path: candidate.path, entries: tally.entries, timestamp: candidate.timestamp, digest: candidate.digest,
            whole: Digest.of(all.map(\.bytes)), parts: all.map { part in KeptList.Part(name: part.name, length: part.bytes.count) },
            // Those that are not included now may be again.
            timestamps: (former?.timestamps ?? [:]).merging(candidate.timestamps) { _, new in new })
        guard let shelf, entry != former, !staged.contains(id) else { return }
        do throws(ListShelf.Trouble) {
            try shelf.stage(id, entry, all.map(\.bytes))
            staged.append(id)
        } catch {
            problems.append(
                include.problem(.warning, "no copy of \(candidate.path) can be kept for the day on which it is broken: \(error.text)"))
        }
    }

    private mutating func signingKey(_ text: String, _ include: Include) throws(Problem) -> SigningKey {
        let file = Self.path(of: text, beside: include.place.file)
        if SigningKey(text) == nil { see(file) }
        return try SigningKey.named(text, file, by: include)
    }

    /// Before it is read: a change after that is seen as one.
    private mutating func see(_ path: String) { if seen[path] == nil { seen[path] = .some(FileStamp(of: path)) } }

    private mutating func see(_ candidate: ListCandidate) { seen.merge(candidate.seen) { earlier, _ in earlier } }

    private static func path(of file: String, beside other: String) -> String {
        guard !file.hasPrefix("/") else { return file }
        return (other.lastIndex(of: "/").map { String(other[...$0]) } ?? "") + file
    }
}
