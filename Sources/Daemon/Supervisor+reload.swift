// SPDX-License-Identifier: MIT
import Configuration
import Logging
import Resolving
import RuleFiles
import Rules
import Wire

extension Supervisor {
    /// Errors of a reload that are kept and told; `check` tells all.
    private static let mostRejected = 50

    /// Somebody wants everything read again; he is answered when that is done.
    func askForReload(_ asker: ReloadMachine.Asker) {
        if reloads.ask(asker) { loader.read(after: loaded.matcher) }
    }

    /// What changed on disk, and whether it has rested long enough.
    func checkFiles(at now: Instant) {
        if watch?.drain() == true { reloads.changed(at: now) }
        if reloads.tick(at: now) { loader.read(after: loaded.matcher) }
    }

    /// Watches what the configuration consists of now: what is in force, and what was read last, which may be about to be mended.
    func watchFiles(_ fresh: Loaded) {
        guard let watch else { return }
        let files = Set(loaded.seen.keys).union(fresh.seen.keys).union([path])
        let refused = watch.watch(files, patterns: loaded.rulePatterns(of: path) + fresh.rulePatterns(of: path))
        if refused > 0 { log.warning("\(refused) folders of rules are not watched: 'sluice reload' after a change there") }
        // What changed between its reading and this moment has told nobody.
        if fresh.seen.contains(where: { FileStamp(of: $0.key) != $0.value }) { reloads.changed(at: .now) }
    }

    /// A reading is over: puts it in force if it is right, and tells those who waited.
    func finish(_ reading: Loader.Reading) {
        let (askers, readsAgain) = reloads.finished()
        let reply = adopt(reading, isAskedFor: !askers.isEmpty)
        watchFiles(reading.loaded)
        for asker in askers { if let asker { worker.post(.answer(connection: asker, ControlReply(reload: reply))) } }
        if readsAgain { loader.read(after: loaded.matcher) }
    }

    /// Numbers those of the rules in force that have no number yet.
    func takeTrafficClasses() {
        let wanted = loaded.trafficClasses
        trafficClasses.take(wanted)
        if wanted.contains(where: { trafficClasses.number(of: $0) == nil }) {
            log.warning(
                "rules have named more than \(TrafficClasses.most) pairs of dscp and priority since the start: new ones have no effect until a restart"
            )
        }
    }

    /// With any error the old configuration stays in force.
    /// - Parameter isAskedFor: somebody wants it so; else files have changed, which may be a writer that broke off.
    private func adopt(_ reading: Loader.Reading, isAskedFor: Bool) -> ControlReply.Reload {
        let fresh = reading.loaded
        guard fresh.errors.isEmpty else {
            var errors = fresh.errors.prefix(Self.mostRejected).map(\.text)
            if fresh.errors.count > Self.mostRejected { errors.append("and \(fresh.errors.count - Self.mostRejected) more: sluice check") }
            return reject(errors)
        }
        let stays = loaded.whatNeedsRestart(for: fresh)
        guard stays.isEmpty else { return reject(stays.map { "\(path): error: \($0) has changed: restart the daemon for it" }) }
        let losses = isAskedFor ? [] : reading.losses(after: loaded.book)
        guard losses.isEmpty else {
            return reject(losses.map { "\($0.file): error: \($0.text): 'sluice reload' takes it so (until then nothing new is taken)" })
        }
        let former = loaded
        ahead = reading.ahead
        loaded = fresh
        configurations += 1
        refreshSystemServers()
        rejected = []
        takeTrafficClasses()
        let plan = fresh.rulesetPlan(doors, apps, trafficClasses)
        if plan != self.plan {
            self.plan = plan
            worker.post(.load(plan, elementsForTable))
        }
        keepBlocking()
        publish()
        tell(of: fresh, after: former, reading)
        return ControlReply.Reload(
            rules: fresh.matcher.count, errors: [], kept: fresh.book.kept, difference: reading.difference.map(ControlReply.Difference.init))
    }

    private func reject(_ errors: [String]) -> ControlReply.Reload {
        // Told in many places, all of which are terminals.
        let errors = errors.map(escaped)
        rejected = errors
        for error in errors { log.error("not reloaded: \(error)") }
        worker.post(
            .happened(
                Happening(.reload, "not reloaded: \(errors.first ?? "")" + (errors.count > 1 ? " (and \(errors.count - 1) more)" : ""))))
        publish()
        return ControlReply.Reload(rules: loaded.matcher.count, errors: errors, kept: loaded.book.kept, difference: nil)
    }

    /// What is new, in the log and to those who look: the difference, and which lists are not the ones on disk.
    private func tell(of fresh: Loaded, after former: Loaded, _ reading: Loader.Reading) {
        let difference = reading.difference.map { ": \($0.text)" } ?? ""
        tell(.reload, "\(fresh.matcher.count) rules\(difference), in \(reading.duration) ms")
        let before = former.book.kept
        for text in fresh.book.kept where !before.contains(text) { tell(.list, text) }
        let now = Set(fresh.book.lists.filter { $0.kept == nil }.map(\.file))
        for list in former.book.lists where list.kept != nil && now.contains(list.file) { tell(.list, "\(list.file) is taken again") }
        let known = Set(former.problems)
        let news = fresh.problems.filter { $0.severity == .warning && !known.contains($0) }
        for problem in news.prefix(Self.mostRejected) { log.warning("\(problem.place): \(problem.message)") }
        if news.count > Self.mostRejected { log.warning("\(news.count - Self.mostRejected) more new warnings: sluice check") }
    }
}

extension Loader.Reading {
    /// Rule files that have lost nearly all they had. One that only has another name now has lost nothing.
    func losses(after former: RuleBook) -> [RuleFileLoss] {
        difference?.removed.count == 0 ? [] : loaded.book.losses(after: former)
    }
}

extension RuleBook {
    /// Lists whose last good version is in force, and why.
    var kept: [String] { lists.compactMap { list in list.kept.map { "\(list.file): \($0): the last good version stays in force" } } }
}

extension Problem {
    /// `file:line:column`, as far as they are known.
    var place: String { ([file] + [line, column].filter { $0 > 0 }.map(String.init)).joined(separator: ":") }

    /// As compilers write it.
    var text: String { place + ": \(severity.rawValue): \(message)" + (hint.map { " (\($0))" } ?? "") }
}

extension Loaded {
    /// What a running daemon cannot change about itself.
    fileprivate func whatNeedsRestart(for fresh: Loaded) -> [String] {
        var changed: [String] = []
        if configuration.dns.listen != fresh.configuration.dns.listen { changed.append("[dns] listen") }
        if configuration.dns.foreign != fresh.configuration.dns.foreign, [configuration, fresh.configuration].contains(where: \.captures) {
            changed.append("[dns] foreign")
        }
        if configuration.tunnel != fresh.configuration.tunnel || tunnelFiles != fresh.tunnelFiles { changed.append("[[tunnel]]") }
        if configuration.tunnels.select != fresh.configuration.tunnels.select { changed.append("[tunnels] select") }
        if configuration.paths != fresh.configuration.paths { changed.append("[paths]") }
        if configuration.control != fresh.configuration.control { changed.append("[control]") }
        if configuration.leases != fresh.configuration.leases { changed.append("[leases]") }
        if configuration.health != fresh.configuration.health { changed.append("[health]") }
        return changed
    }
}

extension Configuration {
    /// Whether there is a door for captured lookups.
    fileprivate var captures: Bool { dns.foreign == .capture }
}
