// SPDX-License-Identifier: MIT
import Policy
import Resolving
import Steering
import Wire
import Workbench

extension ScenarioRun {
    /// Lines that say what the resolver does: each takes the next effect, which must have come at the present moment.
    mutating func expect(_ words: inout Words) throws(ScenarioFailure) {
        if words.take("nothing") {
            if let first = effects.first { throw words.failure("not nothing: \(described(first.effect))") }
            return
        }
        if words.take("note") { return try expectNote(&words) }
        if words.take("cached") {
            let count = try words.next("number") { Int($0) }
            guard resolver?.cachedAnswers == count else { throw words.failure("instead: \(resolver?.cachedAnswers ?? 0)") }
            return
        }
        if words.take("crowd") {
            let count = try words.next("number") { Int($0) }
            guard crowd.removeValue(forKey: words.takeAll().joined(separator: " ")) == count else {
                throw words.failure("instead: \(crowd)")
            }
            return
        }
        if words.take("late") { return try expectLate(&words) }
        if words.first == "lease" || words.first == "no" { return try expectLease(&words) }
        guard let (time, effect) = effects.first else { throw words.failure("nothing happened") }
        effects.removeFirst()
        let actual = described(effect)
        guard time == now else { throw words.failure("at \(time.milliseconds) ms, not now: \(actual)") }
        let from = Self.tail("from", &words)
        let saying = Self.tail("saying", &words)
        let wanted = words.takeAll().joined(separator: " ")
        switch effect {
        case .reply(let client, let bytes, let source):
            let reply = ReplyWords(bytes)
            guard let label = clients.first(where: { $0.value.client == client })?.key, let query = clients[label]?.query else {
                throw words.failure("a reply to nobody: \(actual)")
            }
            guard reply.fits(query) else { throw words.failure("id or question are not the client's: \(actual)") }
            guard reply.forms(label).contains(wanted) else { throw words.failure("instead: \(actual)") }
            if let saying, !reply.reason.contains(saying) { throw words.failure("instead, saying: \(reply.reason)") }
            if let from, from != Self.described(source) { throw words.failure("instead, from: \(Self.described(source))") }
        case .ask(_, _, _, let bytes):
            guard actual == wanted else { throw words.failure("instead: \(actual)") }
            let reply = ReplyWords(bytes)
            guard reply.isQuestion else { throw words.failure("what is sent is no question") }
        case .commit, .close, .note:
            guard Self.sorted(actual) == Self.sorted(wanted) else { throw words.failure("instead: \(actual)") }
        }
    }

    /// An effect in the words of a scenario.
    func described(_ effect: Effect) -> String {
        switch effect {
        case .reply(let client, let bytes, _):
            let label = clients.first { $0.value.client == client }?.key ?? "?"
            return ReplyWords(bytes).forms(label).last ?? "?"
        case .ask(_, let ask, let transport, let bytes):
            let words = ReplyWords(bytes)
            return "ask \(ask.path.rawValue)\(ask.node.map { ":\($0.number)" } ?? "") \(ask.server) \(words.question)"
                + (transport == .tcp ? " tcp" : "")
                + (words.edns == nil ? " noedns" : "") + (words.edns?.dnssecOK == true ? " do" : "")
                + (words.flags.contains(.checkingDisabled) ? " cd" : "") + (words.cookie.count > 8 ? " cookie" : "")
        case .commit(_, let changes):
            return "commit " + changes.map(Self.described).joined(separator: ", ")
        case .note(let note): return "note \(note)"
        case .close(let id): return "close of a socket that is not open: \(id)"
        }
    }

    /// `tunnel4 192.0.2.7`, `direct6 2001:db8::1 for 2100s`, `-tunnel4 192.0.2.7`.
    private static func described(_ change: SetChange) -> String {
        let set =
            change.route.rawValue + (change.address.family == .v4 ? "4" : "6") + " \(change.address)"
            + described(change.handling, "by") + described(change.former, "not", but: change.handling)
        return switch change.change {
        case .add(let seconds): set + (seconds.map { " for \($0)s" } ?? "")
        case .remove: "-" + set
        }
    }

    private static func described(_ handling: Handling, _ word: String, but other: Handling = .usual) -> String {
        let node = handling.node == other.node ? nil : handling.node
        let trafficClass = handling.trafficClass == other.trafficClass ? nil : handling.trafficClass
        return (node.map { " \(word) \($0)" } ?? "") + (trafficClass.map { " \(word) class \($0)" } ?? "")
    }

    private static func described(_ source: Source) -> String {
        switch source {
        case .here: "here"
        case .cache: "cache"
        case .server(let ask): "\(ask.path.rawValue) \(ask.server)"
        }
    }

    /// Cuts off what stands behind `mark`.
    private static func tail(_ mark: String, _ words: inout Words) -> String? {
        guard let place = words.rest.lastIndex(of: mark) else { return nil }
        return words.takeAll(from: place).dropFirst().joined(separator: " ")
    }

    /// The changes of one commit have no order.
    private static func sorted(_ commit: String) -> [String] {
        (commit.hasPrefix("commit ") ? commit.dropFirst(7) : commit[...]).split(separator: ", ").map(String.init).sorted()
    }

    /// `lease tunnel 192.0.2.7 [until 2100s]`, `no lease 192.0.2.7`
    private func expectLease(_ words: inout Words) throws(ScenarioFailure) {
        let none = words.take("no")
        guard words.take("lease"), let resolver else { throw words.failure("lease ROUTE ADDRESS") }
        let route = none ? nil : try words.next("route") { SteeredRoute(rawValue: $0) }
        let address = try words.next("address") { IPAddress($0) }
        let leases = resolver.ledger.leases(of: address).filter { route == nil || $0.route == route }
        guard leases.isEmpty == none else { throw words.failure("instead: \(leases)") }
        guard words.take("until") else { return }
        let until = try words.next("time", milliseconds)
        guard leases.contains(where: { $0.until.milliseconds == until }) else {
            throw words.failure("instead until: \(leases.map(\.until.milliseconds)) ms")
        }
    }

    /// `note guarded REASON NAME ADDRESSES`, `note rebinding|narrowed|conflict|excess NAME ADDRESSES`, `[more N]`: what watchers were told next.
    private mutating func expectNote(_ words: inout Words) throws(ScenarioFailure) {
        let wanted = words.takeAll().joined(separator: " ")
        guard !notes.isEmpty else { throw words.failure("nothing is noted") }
        let note = notes.removeFirst()
        let kind =
            switch note.kind {
            case .guarded(let reason): "guarded \(reason.rawValue)"
            case .rebinding: "rebinding"
            case .narrowed: "narrowed"
            case .conflict: "conflict"
            case .excess: "excess"
            }
        let more = note.more > 0 ? " more \(note.more)" : ""
        let actual = "\(kind) \(note.name) " + note.addresses.map(\.description).joined(separator: " ") + more
        guard actual == wanted else { throw words.failure("instead: \(actual)") }
    }

    /// `late none`, `late N until TIME`
    private func expectLate(_ words: inout Words) throws(ScenarioFailure) {
        guard let late = resolver?.late(at: now) else { throw words.failure("no resolver") }
        if words.take("none") {
            guard late.names == 0, late.until == nil else { throw words.failure("instead: \(late)") }
            return
        }
        let names = try words.next("number") { Int($0) }
        guard words.take("until") else { throw words.failure("late N until TIME") }
        let until = try words.next("time", milliseconds)
        guard late.names == names, late.until?.milliseconds == until else { throw words.failure("instead: \(late)") }
    }
}
