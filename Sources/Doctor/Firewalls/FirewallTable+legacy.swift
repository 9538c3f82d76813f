// SPDX-License-Identifier: MIT

extension FirewallTable {
    /// Reads what `iptables-legacy-save` says; tables without a rule and with no policy but ACCEPT are left out.
    package static func tables(inLegacy text: String, program: String = "iptables-legacy") -> [FirewallTable] {
        var tables: [FirewallTable] = []
        for line in text.split(separator: "\n") {
            let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
            guard let first = words.first else { continue }
            if first.hasPrefix("*") {
                let name = String(first.dropFirst())
                tables.append(FirewallTable(name: "\(program) \(name)", command: "sudo \(program)-save -t \(name)"))
                continue
            }
            guard let table = tables.indices.last else { continue }
            if first.hasPrefix(":"), words.count >= 2 {
                let chain = String(first.dropFirst())
                let point = Hook.Point(rawValue: chain.lowercased())
                let kind = tables[table].name.split(separator: " ").last.map(String.init) ?? ""
                let hook = point.map { Hook(point: $0, priority: Hook.priority(of: kind, at: $0), drops: words[1] == "DROP") }
                tables[table].chains.append(Chain(name: chain, hook: hook))
            } else if first == "-A", words.count >= 2, let chain = tables[table].chains.firstIndex(where: { $0.name == words[1] }) {
                tables[table].chains[chain].rules.append(FirewallRule(legacy: Array(words.dropFirst(2))))
            }
        }
        return tables.filter { table in
            table.chains.contains { !$0.rules.isEmpty || $0.hook?.drops == true }
        }
    }
}

extension FirewallTable.Hook {
    /// Where the old tables stand among the hooks (linux/netfilter_ipv4.h).
    fileprivate static func priority(of table: String, at point: Point) -> Int {
        switch table {
        case "raw": -300
        case "mangle": -150
        case "nat": point == .postrouting || point == .input ? 100 : -100
        case "security": 50
        default: 0
        }
    }
}

extension FirewallRule {
    /// What stands behind `-A CHAIN`, in words.
    init(legacy words: [String]) {
        self.init(text: words.joined(separator: " "))
        func word(behind key: String) -> String? {
            guard let index = words.firstIndex(of: key), index + 1 < words.count else { return nil }
            return words[index + 1]
        }
        if let ports = word(behind: "--dport") ?? word(behind: "--dports") {
            let isNot = words.firstIndex(where: { $0 == "--dport" || $0 == "--dports" }).map { $0 > 0 && words[$0 - 1] == "!" } ?? false
            isAboutDNS = !isNot && ports.split(separator: ",").contains { Self.holdsDNS(String($0)) }
            isAboutOthers = !isAboutDNS
        }
        isNarrower = words.contains { ["-i", "-o", "-s", "-d", "--mark", "--uid-owner", "--gid-owner", "--path", "--cgroup"].contains($0) }
        guard let target = word(behind: "-j") ?? word(behind: "-g") else { return }
        switch target {
        case "ACCEPT": effects = [.accepts]
        case "DROP", "REJECT": effects = [.refuses]
        case "DNAT": effects = [.turns("dnat to " + (word(behind: "--to-destination") ?? "elsewhere"))]
        case "REDIRECT": effects = [.turns("redirect to port " + (word(behind: "--to-ports") ?? "of the same number"))]
        case "TPROXY": effects = [.turns("tproxy to port " + (word(behind: "--on-port") ?? "of the same number"))]
        case "NOTRACK": effects = [.untracks]
        case "CT": effects = words.contains("--notrack") ? [.untracks] : []
        case "FLOWOFFLOAD": effects = [.offloads]
        case "MARK": effects = [.marks(Self.bits(word(behind: "--set-xmark") ?? word(behind: "--set-mark")))]
        case "CONNMARK":
            if words.contains("--restore-mark") {
                effects = [.restoresMark]
            } else {
                let mask = word(behind: "--nfmask") ?? word(behind: "--ctmask") ?? word(behind: "--mask")
                effects = [.marksFlow(mask.flatMap(Self.number) ?? Self.bits(word(behind: "--set-xmark") ?? word(behind: "--set-mark")))]
            }
        case "RETURN", "LOG", "MASQUERADE", "SNAT", "TCPMSS": break
        default: jumps = [target]
        }
    }

    /// `value/mask`, or a value that replaces all.
    private static func bits(_ text: String?) -> UInt32 {
        guard let parts = text?.split(separator: "/"), parts.count == 2, let mask = number(String(parts[1])) else { return .max }
        return mask | (number(String(parts[0])) ?? 0)
    }
}
