// SPDX-License-Identifier: MIT
import Configuration
import Logging
import Resolving
import Rules

extension Supervisor {
    /// Errors of a reload that are kept and told; `check` tells all.
    private static let mostRejected = 50

    /// Reads everything again. With any error the old configuration stays in force.
    func reload() -> ControlReply.Reload {
        let fresh = Loaded(path: path)
        guard fresh.errors.isEmpty else {
            rejected = fresh.errors.prefix(Self.mostRejected).map(\.text)
            if fresh.errors.count > Self.mostRejected {
                rejected.append("and \(fresh.errors.count - Self.mostRejected) more: sluice check")
            }
            for error in rejected { log.error("not reloaded: \(error)") }
            return ControlReply.Reload(rules: loaded.matcher.count, errors: rejected)
        }
        let stays = loaded.whatNeedsRestart(for: fresh)
        guard stays.isEmpty else {
            rejected = stays.map { "\(path): error: \($0) has changed: restart the daemon for it" }
            for error in rejected { log.error("not reloaded: \(error)") }
            return ControlReply.Reload(rules: loaded.matcher.count, errors: rejected)
        }
        ahead = fresh.matcher.exactNames(notIn: loaded.matcher)
        loaded = fresh
        configurations += 1
        refreshSystemServers()
        rejected = []
        let plan = fresh.rulesetPlan(doors, apps)
        if plan != self.plan {
            self.plan = plan
            elements = wantedElements
            worker.post(.load(plan, elementsForTable))
        }
        keepBlocking()
        publish()
        tell(.reload, "\(fresh.matcher.count) rules")
        return ControlReply.Reload(rules: fresh.matcher.count, errors: [])
    }
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
