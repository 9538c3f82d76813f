// SPDX-License-Identifier: MIT
import HostDNS

extension HostDNSSeen {
    static func read() -> HostDNSSeen {
        var seen = HostDNSSeen()
        seen.look = HostPaths().look()
        seen.services = HostPaths().hostNameServices
        return seen
    }
}
