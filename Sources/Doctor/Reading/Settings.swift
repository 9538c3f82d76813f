// SPDX-License-Identifier: MIT
import Wire

/// What files and /proc/sys say in a word or two.
struct Settings: Sendable {
    var ufw = false
    var docker = false
    var forwards: Set<IPAddress.Family> = []
    var reversePath: Int?
    var sourceValidMark: Bool?
    var sourcePorts: Int?

    static func read() -> Settings {
        var settings = Settings()
        let ufw = TextFile.text("/etc/ufw/ufw.conf")?.split(separator: "\n") ?? []
        settings.ufw = ufw.contains { $0.lowercased() == "enabled=yes" }
        settings.docker = TextFile.text("/etc/docker/daemon.json")?.contains("\"dns\"") ?? false
        if TextFile.number("/proc/sys/net/ipv4/ip_forward") == 1 { settings.forwards.insert(.v4) }
        if TextFile.number("/proc/sys/net/ipv6/conf/all/forwarding") == 1 { settings.forwards.insert(.v6) }
        settings.reversePath = TextFile.number("/proc/sys/net/ipv4/conf/all/rp_filter")
        settings.sourceValidMark = TextFile.number("/proc/sys/net/ipv4/conf/all/src_valid_mark").map { $0 == 1 }
        let ends =
            TextFile.text("/proc/sys/net/ipv4/ip_local_port_range")?.split(whereSeparator: \.isWhitespace).compactMap { Int($0) } ?? []
        if ends.count == 2, ends[0] <= ends[1] { settings.sourcePorts = ends[1] - ends[0] + 1 }
        return settings
    }
}
