// SPDX-License-Identifier: MIT
import Rules
import Wire

/// Whether a rule takes more than anybody can mean.
struct Breadth: Sendable {
    let suffixes: PublicSuffixes

    enum Finding: Hashable {
        /// Below it, strangers register names.
        case registry(String)
        /// Below it, strangers rent names.
        case hosting(String)
        case network(String)
        /// Found in the names of everybody.
        case everything(String)

        var text: String {
            switch self {
            case .registry(let name): "'\(name)' is a public suffix: it takes the names of everybody below it"
            case .hosting(let name): "'\(name)' is a hosting company's suffix: strangers have names below it, with addresses as they like"
            case .network(let network): "\(network) is larger than what any one organisation has"
            case .everything(let what): what
            }
        }

        /// In a rule file, which somebody wrote by hand.
        var severity: Problem.Severity {
            switch self {
            case .registry, .hosting, .everything: .error
            case .network: .warning
            }
        }
    }

    /// Exact names are never too broad.
    func finding(_ kind: NameKind, _ name: borrowing Name) -> Finding? {
        switch kind {
        case .exact: nil
        case .suffix, .below:
            switch suffixes.section(of: name) {
            case .registry: .registry(name.description)
            case .hosting: .hosting(name.description)
            case nil: nil
            }
        }
    }

    func finding(_ pattern: Pattern) -> Finding? {
        switch pattern {
        case .exact: nil
        case .suffix(let name): finding(.suffix, name)
        case .below(let name): finding(.below, name)
        case .network(let network): Self.isTooLarge(network) ? .network("\(network)") : nil
        case .keyword: pattern.everything.map { .everything("'\(pattern.text)' \($0)") }
        // Once they are compiled: `Matcher.problems`.
        case .regex: nil
        }
    }

    /// More than a registry's own share (/8 of IPv4, /16 of what is in use of IPv6), multicast and reserved ranges aside.
    private static func isTooLarge(_ network: Network) -> Bool {
        switch network.address {
        case .v4(let address): network.length < 8 && address >> 28 < 0xE
        case .v6(let high, _): network.length < 3 || network.length < 16 && high >> 61 == 1
        }
    }
}
