// SPDX-License-Identifier: MIT

/// How often what is ours was found changed by others and put back.
struct Repairs: Hashable, Sendable {
    /// The table, or anything in it.
    var table = 0
    /// Policy routing rules.
    var rules = 0
    /// The tunnel's routes, and the copy of main's.
    var routes = 0
    /// Names of our devices.
    var links = 0
    /// /etc/resolv.conf.
    var resolvConf = 0

    var total: Int { table + rules + routes + links + resolvConf }
}
