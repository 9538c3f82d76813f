// SPDX-License-Identifier: MIT
import Daemon
import RuleFiles

/// A lease in JSON and in words.
struct LeaseView: Encodable {
    let address: String
    let route: String
    let seconds: Int64
    let until: Int64
    let owners: [Owner]
    /// Whether the kernel's set has it; null: not known.
    @OrNull var inKernel: Bool?

    struct Owner: Encodable {
        let name: String
        let matched: String
        let seconds: Int64
        @OrNull var rule: RuleView?

        /// The name, and the one in its chain that the rule is for where that is another.
        var text: String {
            guard name != "." else { return "no name: a former run left it" }
            let shown = InternationalName.readable(name).map { "\(name) (\($0))" } ?? name
            return name == matched ? shown : "\(shown), by way of \(matched)"
        }
    }

    init(_ lease: LeaseReport) {
        address = lease.address
        route = lease.route
        seconds = lease.seconds
        until = lease.until
        owners = lease.owners.map { said in
            var owner = Owner(name: said.name, matched: said.matched, seconds: said.seconds)
            owner.rule = said.rule.map(RuleView.init)
            return owner
        }
        inKernel = lease.inKernel
    }

    /// Until when, for people: a duration and the clock.
    var term: String { Words.duration(seconds) + ", until " + Words.clock(until) }

    /// More are for those who ask for all.
    private static let mostOwners = 10

    /// Owners with their rules and how long: those of `name` first, and ten at most unless all are wanted.
    func ownerLines(of name: String? = nil, all: Bool = false) -> [String] {
        let sorted = owners.filter { $0.name == name } + owners.filter { $0.name != name }
        let lines = sorted.prefix(all ? sorted.count : Self.mostOwners).map { owner in
            let rule = owner.rule?.place ?? (owner.name == "." ? "" : "(its rule is gone)")
            return "\(owner.text)  \(Words.duration(owner.seconds))  \(rule)"
        }
        return lines.count < sorted.count ? lines + ["+\(Words.number(sorted.count - lines.count)) more"] : lines
    }
}
