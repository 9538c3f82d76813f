// SPDX-License-Identifier: MIT
import Rules
import Steering
import Wire

extension Sight {
    /// Addresses that rules of different actions claim.
    func conflicts(_ kernel: KernelSight?) -> ConflictReport {
        ConflictReport(
            conflicts: (ledger?.conflicts(isTunnels: matcher.isTunnels) ?? []).map { conflict in
                let explained = explain(conflict.address, kernel: kernel)
                return ConflictReport.Entry(
                    address: "\(conflict.address)", path: explained.path ?? "default", leases: explained.leases,
                    network: explained.network.flatMap { $0.action == Action.tunnel.rawValue ? $0 : nil })
            })
    }

    /// The rules in force, by file.
    func rules(_ status: StatusReport.Rules) -> RulesReport {
        struct Count {
            var rules = 0
            var actions: [String: Int] = [:]
            var kinds: [String: Int] = [:]
        }
        var files: [String] = []
        var counts: [String: Count] = [:]
        var last = (file: "", count: Count())
        func put() {
            guard last.count.rules > 0 else { return }
            if counts[last.file] == nil { files.append(last.file) }
            counts[last.file, default: Count()].rules += last.count.rules
            counts[last.file]?.actions.merge(last.count.actions, uniquingKeysWith: +)
            counts[last.file]?.kinds.merge(last.count.kinds, uniquingKeysWith: +)
        }
        // A million of them come file by file.
        for rule in matcher.rules {
            if rule.file != last.file {
                put()
                last = (rule.file, Count())
            }
            last.count.rules += 1
            last.count.actions[rule.action.rawValue, default: 0] += 1
            last.count.kinds[rule.pattern.kindWord, default: 0] += 1
        }
        put()
        return RulesReport(
            count: matcher.count,
            files: files.map { file in
                let count = counts[file] ?? Count()
                return RulesReport.File(file: file, rules: count.rules, actions: count.actions, kinds: count.kinds)
            }, lists: status.lists, rejected: status.rejected)
    }
}

extension Pattern {
    package var kindWord: String {
        switch self {
        case .exact: "exact"
        case .suffix: "suffix"
        case .below: "below"
        case .regex: "regex"
        case .keyword: "keyword"
        case .network: "network"
        }
    }
}

extension IPAddress: Comparable {
    /// IPv4 before IPv6, then by number.
    package static func < (left: IPAddress, right: IPAddress) -> Bool {
        switch (left, right) {
        case (.v4(let left), .v4(let right)): left < right
        case (.v4, .v6): true
        case (.v6, .v4): false
        case (.v6(let high, let low), .v6(let otherHigh, let otherLow)): (high, low) < (otherHigh, otherLow)
        }
    }
}
