// SPDX-License-Identifier: MIT
import Wire

/// Rules that stand for no name, each kind in the order of files and lines.
struct Patterns: Sendable {
    typealias Place = RuleStore.Place

    var regexes: [(place: Place, source: String)] = []
    var keywords: [(place: Place, keyword: String)] = []
    var networks: [(place: Place, network: Network)] = []

    /// What stands at a rule's index; the rule's place tells of which kind it is.
    func pattern(_ index: Int, at place: Place) -> Pattern? {
        if index < regexes.count, regexes[index].place == place { return .regex(regexes[index].source) }
        if index < keywords.count, keywords[index].place == place { return .keyword(keywords[index].keyword) }
        return index < networks.count && networks[index].place == place ? .network(networks[index].network) : nil
    }
}
