// SPDX-License-Identifier: MIT
import Glibc

/// The rules of the old iptables, which nftables does not see: for those who look.
package enum LegacyRules {
    /// What `iptables-legacy-save` or `ip6tables-legacy-save` says; within a second. Root only.
    ///
    /// The program loads the kernel's old tables if they are not there: ask only where /proc/net/ip_tables_names says they are.
    package static func save(six: Bool) throws(KernelError) -> String {
        try Program(six ? "ip6tables-legacy-save" : "iptables-legacy-save").run(limit: 1000)
    }
}
