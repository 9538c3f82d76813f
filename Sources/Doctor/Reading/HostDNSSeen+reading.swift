// SPDX-License-Identifier: MIT
import HostDNS
import Wire

extension HostDNSSeen {
    static func read() -> HostDNSSeen {
        var seen = HostDNSSeen()
        seen.servers = TextFile.text("/etc/resolv.conf").map { ResolvConf($0).servers }
        let lines = TextFile.text("/etc/nsswitch.conf")?.split(separator: "\n") ?? []
        let hosts = lines.last { $0.split(separator: ":").first.map { $0.filter { !$0.isWhitespace } } == "hosts" }
        seen.sources = hosts?.drop { $0 != ":" }.dropFirst().prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace).map(String.init) ?? []
        return seen
    }
}
