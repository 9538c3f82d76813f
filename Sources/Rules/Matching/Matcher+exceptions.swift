// SPDX-License-Identifier: MIT
import Wire

/// What an include takes back of itself.
package struct SelfException: Hashable, Sendable {
    package let file: String
    /// Entries of it that were looked at, and how many of them its own exceptions take out again.
    package let entries: Int
    package let excepted: Int

    /// Whether hardly anything is left: as of a list that has become ten times smaller.
    package var isNearlyAll: Bool { entries > 0 && (entries - excepted) * 10 <= entries }
}

extension Matcher {
    /// Of each include that makes exceptions: how much of it they leave, judged by names that its entries stand for, of many by so many of
    /// them evenly.
    package func selfExceptions(sample: Int = 4096) -> [SelfException] {
        guard store.exceptions > 0 else { return [] }
        let includes = Set(isExcepted.indices.filter { isExcepted[$0] }.map { origins.lists[$0].include })
        var totals: [UInt32: Int] = [:]
        forEachEntry(of: includes) { _, include in totals[include, default: 0] += 1 }
        let open = Self.unlike.dropFirst().reduce(exceptingLists(of: Self.unlike[0])) { $0.intersection(exceptingLists(of: $1)) }
        var (seen, looked, excepted): ([UInt32: Int], [UInt32: Int], [UInt32: Int]) = ([:], [:], [:])
        forEachEntry(of: includes) { rule, include in
            defer { seen[include, default: 0] += 1 }
            guard seen[include, default: 0] % max(1, totals[include, default: 0] / sample) == 0 else { return }
            looked[include, default: 0] += 1
            if isExcepted(rule, include, open) { excepted[include, default: 0] += 1 }
        }
        return includes.sorted().map {
            SelfException(file: origins.lists[Int($0)].file, entries: looked[$0] ?? 0, excepted: excepted[$0] ?? 0)
        }
    }

    private func forEachEntry(of includes: Set<UInt32>, _ body: (StoredRule, UInt32) -> Void) {
        store.forEach { rule in
            let include = origins.lists[Int(origins.run(of: rule.place).list)].include
            if !rule.isException, includes.contains(include) { body(rule, include) }
        }
    }

    /// Whether the include has no rule left for what its own rule stands for.
    /// - Parameter open: lists that except every name.
    private func isExcepted(_ rule: StoredRule, _ include: UInt32, _ open: Set<UInt32>) -> Bool {
        func isLeft(_ name: Name) -> Bool { candidates(name).contains { origins.lists[Int(origins.run(of: $0).list)].include == include } }
        switch full(rule).pattern {
        case .exact(let name), .suffix(let name): return !isLeft(name)
        case .below(let name): return !isLeft(Name("www").flatMap { $0.appending(name) } ?? name)
        // No list excepts addresses.
        case .network: return false
        case .keyword(let keyword):
            if let name = Name(keyword) { return !isLeft(name) }
            return open.contains(origins.run(of: rule.place).list)
        case .regex: return open.contains(origins.run(of: rule.place).list)
        }
    }

    /// Names that have nothing in common but the letters of names: what excepts all of them excepts everything.
    private static let unlike = ["a", "0.1", "x-7.q_y.invalid", "www.corp.example", "zz9.k.test"].compactMap { Name($0) }
}
