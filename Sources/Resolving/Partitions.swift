// SPDX-License-Identifier: MIT
import Policy

/// Numbers for what answers must not be mixed of: the servers asked, each on its path, the tunnel in use and the network around.
struct Partitions: Sendable {
    struct Group: Hashable {
        let asks: [Ask]
        let tunnel: String?
        let network: Int
    }

    private var numbers: [Group: Int] = [:]
    private var last = 0
    /// What the numbers stand for.
    var groups: [Int: Group] { Dictionary(numbers.map { ($0.value, $0.key) }) { first, _ in first } }

    /// The one asked for last: mostly it is asked for again.
    private var latest: (group: Group, number: Int)?

    mutating func number(of group: Group) -> Int {
        if let latest, latest.group == group { return latest.number }
        let number = find(group)
        latest = (group, number)
        return number
    }

    private mutating func find(_ group: Group) -> Int {
        if let number = numbers[group] { return number }
        // Groups come from configuration and state, not from questions; those of states long gone are let go.
        if numbers.count > 1024 { numbers.removeAll() }
        last += 1
        numbers[group] = last
        return last
    }
}
