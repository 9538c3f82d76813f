// SPDX-License-Identifier: MIT
import Policy

/// What `sluice.toml` says: the contract of the shared design, "Contract with the outside", key by key.
///
/// A fresh value holds the default of every key. Two are equal when they say the same, wherever it stands in the file.
package struct Configuration: Hashable, Sendable {
    package var dns = DNS()
    package var routing = Routing()
    /// `[[tunnel]]`, in order of preference; all are kept warm. Empty: there is no tunnel, and the state is always *disconnected*.
    package var tunnel: [Tunnel] = []
    package var tunnels = Tunnels()
    package var health = Health()
    package var rules = Rules()
    package var leases = Leases()
    package var cache = Cache()
    package var control = Control()
    package var paths = Paths()

    /// Where each key stands, for those who find a problem with one later.
    package var places = Places()

    package init() {}
}

extension Configuration {
    /// What is configured for names without a rule, with `auto` resolved: the system's servers if `routing.default` is `direct`, else the relay's.
    package var setting: Setting {
        switch (dns.setting, routing.default) {
        case (.system, _), (.auto, .direct): .system
        case (.default, _), (.auto, .tunnel): .standard
        case (.custom, _): .custom(dns.servers)
        }
    }

    package var privateRanges: PrivateRanges { PrivateRanges(includesCGNAT: dns.cgnat == .lan) }
}
