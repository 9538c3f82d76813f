// SPDX-License-Identifier: MIT
import Policy
import Resolving
import Rules
import Steering
import Wire

extension Sight {
    /// Where the lookup of a name goes now, and why. Asks nobody.
    package func explain(_ question: Question, _ app: App) -> Explanation {
        let matches = matcher.matches(question.name)
        let decision = circumstances.decide(question, rule: matches.first ?? service(question) ?? reverse(question.name), app: app)
        let rule = decision.rule.map { matcher.rule($0.number) }
        let asksNobody = decision.rule.map { snapshot?.hides(question.type, $0) == true } ?? false
        let isHidden = asksNobody && !decision.outcome.servers.isEmpty
        let sentence = decision.sentence(circumstances, question, app, rule, areServersKnown: areRelaysKnown)
        return Explanation(
            name: "\(question.name)", type: "\(question.type)", app: app.rawValue, state: circumstances.state.rawValue,
            setting: circumstances.settingWord, path: decision.outcome.word, servers: isHidden ? [] : decision.outcome.servers,
            reason: decision.reason.rawValue,
            text: isHidden ? "answered here with no \(question.type) records, since the rule's way has no use for them" : sentence,
            rule: rule.map(RuleEntry.init),
            losers: matches.filter { $0 != decision.rule }.map { RuleEntry(matcher.rule($0.number)) },
            excepted: matcher.excepted(question.name).map { .init(rule: RuleEntry($0.rule), exception: RuleEntry($0.exception)) })
    }

    /// For a name that the service of a `tunnel` name leads to, that one's rule.
    func service(_ question: Question) -> Ruling? {
        guard let snapshot, let ledger else { return nil }
        return snapshot.service(question, ledger)?.rule
    }

    /// For a name of a reverse zone, the rule that owns the address: by lease, then by network.
    private func reverse(_ name: Name) -> Ruling? {
        guard let network = Reserved.network(of: name), network.length == network.address.width else { return nil }
        for owner in ledger?.owners(of: network.address) ?? [] { if let rule = matcher.match(owner.matched) { return rule } }
        return matcher.match(network.address)
    }

    /// The same with what is known of its addresses.
    /// - Parameter known: the names of the answer's chain, and the addresses at its end; nil: nobody has asked lately.
    package func explain(
        _ question: Question, _ app: App, known: (chain: [Name], addresses: [IPAddress])?, kernel: KernelSight?
    ) -> Explanation {
        var explanation = explain(question, app)
        var addresses = known?.addresses ?? []
        for lease in ledger?.leases(of: question.name) ?? [] where !addresses.contains(lease.address) { addresses.append(lease.address) }
        explanation.chain = (known?.chain ?? []).filter { $0 != question.name }.map { "\($0)" }
        explanation.alias = alias(question.name, known?.chain ?? [], app)
        let names = [question.name] + (known?.chain ?? [])
        explanation.addresses = addresses.prefix(Self.mostAddresses).map { address in
            var one = explain(address, kernel: kernel)
            one.leftOut = leftOut(address, names, among: addresses)
            return one
        }
        if addresses.isEmpty {
            explanation.unknown =
                silence.map { "\($0.text); its addresses and leases are not known, the rest is what the files on disk say" }
                ?? "nobody has asked for its addresses lately"
        }
        return explanation
    }

    /// What the answer is by a rule for a name that the asked one is an alias of.
    private func alias(_ name: Name, _ chain: [Name], _ app: App) -> Explanation.Alias? {
        guard matcher.match(name) == nil, let found = chain.lazy.compactMap({ link in self.matcher.match(link).map { (link, $0) } }).first
        else {
            return nil
        }
        let (link, rule) = found
        let text: String
        switch circumstances.decide(alias: rule, app: app) {
        case .none: return nil
        case .block: text = "the answer is NXDOMAIN"
        case .refuse(let refusal): text = "the answer is SERVFAIL: \(refusal.error.text)"
        case .steer: text = "its addresses are this rule's, though the lookup went its own way"
        }
        return Explanation.Alias(name: "\(link)", rule: RuleEntry(matcher.rule(rule.number)), text: text)
    }

    /// Addresses of one name that are explained.
    private static let mostAddresses = 64
}
