// SPDX-License-Identifier: MIT
import Glibc
import Kernel

/// Packet filters, ours and others; for root only.
struct Tables: Sendable {
    var tables: [FirewallTable]?
    var hasOurs: Bool?
    var hasGuard: Bool?
    var blind: [String] = []

    static func read() -> Tables {
        var found = Tables()
        guard geteuid() == 0 else {
            // The library would complain on its own.
            found.blind.append("firewall tables")
            return found
        }
        do throws(KernelError) {
            let (others, hasOurs, hasGuard) = FirewallTable.others(inRuleset: try Nftables().wholeRuleset())
            found.tables = others
            found.hasOurs = hasOurs
            found.hasGuard = hasGuard
        } catch {
            found.blind.append("firewall tables (\(error))")
        }
        // Reading the old tables would create them where they are not.
        for (six, file, program) in [(false, "ip", "iptables-legacy"), (true, "ip6", "ip6tables-legacy")] {
            guard let names = TextFile.text("/proc/net/\(file)_tables_names"), !names.isEmpty else { continue }
            do throws(KernelError) {
                found.tables = (found.tables ?? []) + FirewallTable.tables(inLegacy: try LegacyRules.save(six: six), program: program)
            } catch {
                found.blind.append("the old tables of \(program)")
            }
        }
        return found
    }
}
