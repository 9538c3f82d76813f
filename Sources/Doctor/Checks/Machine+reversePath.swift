// SPDX-License-Identifier: MIT
import Wire

/// The kernel's own filter of senders, its choice of ports, and forwarding.
extension Machine {
    var reversePathFindings: [Finding] {
        let marked = interfaces.filter { $0.name != "lo" }
        // ip-sysctl.rst: of rp_filter the larger of `all` and the interface's counts, of src_valid_mark either.
        let strict = marked.filter { max($0.reversePath ?? 0, reversePathOfAll ?? 0) == 1 }
        let unmarked = strict.filter { $0.sourceValidMark != true && sourceValidMarkOfAll != true }
        let tunnels = unmarked.filter { daemon.devices.contains($0.name) }
        if !tunnels.isEmpty, daemon.isRunning || hasTraces {
            return [
                .problem(
                    .reversePath, "rp_filter is 1 on \(Self.list(tunnels)), and src_valid_mark is 0",
                    meaning: "Replies from the tunnel are dropped: without the mark the kernel expects them by another interface.",
                    next: "sudo sysctl net.ipv4.conf.all.src_valid_mark=1")
            ]
        }
        if !unmarked.isEmpty, daemon.isRunning {
            return [
                .note(
                    .reversePath, "rp_filter is 1 on \(Self.list(unmarked)), and src_valid_mark is 0",
                    meaning: "Replies are dropped where main's route to their sender is not the way they came.",
                    next: "sudo sysctl net.ipv4.conf.all.src_valid_mark=1")
            ]
        }
        guard reversePathOfAll != nil else { return [] }
        let values = marked.filter { $0.reversePath != nil }.map { "\($0.name) \(max($0.reversePath ?? 0, reversePathOfAll ?? 0))" }
        let mark = sourceValidMarkOfAll == true ? ", src_valid_mark 1" : ""
        return [
            .ok(
                .reversePath, (values.isEmpty ? "no interface but lo" : values.joined(separator: ", ")) + mark,
                meaning: "No reply from the tunnel is dropped by it (0 off, 1 strict, 2 loose).")
        ]
    }

    /// Fewer ports than this are searched through in no time: Linux has 28,232 unless told otherwise.
    private static let fewPorts = 8192

    var sourcePortFindings: [Finding] {
        guard let sourcePorts else { return [] }
        guard sourcePorts < Self.fewPorts else {
            return [
                .ok(
                    .sourcePorts, "\(sourcePorts)",
                    meaning: "A lookup leaves from one of them, drawn at random: who forges a reply must guess it, and an id.")
            ]
        }
        return [
            .note(
                .sourcePorts, "only \(sourcePorts): net.ipv4.ip_local_port_range",
                meaning: "A lookup leaves from one of them: who forges a reply guesses it sooner.",
                next: "sudo sysctl net.ipv4.ip_local_port_range='32768 60999'")
        ]
    }

    private static func list(_ interfaces: [Interface]) -> String { interfaces.map(\.name).joined(separator: ", ") }

    var forwardingFindings: [Finding] {
        guard !forwards.isEmpty else {
            return [.ok(.forwarding, "off", meaning: "This machine carries nobody else's packets.")]
        }
        let families = IPAddress.Family.allCases.filter(forwards.contains).map(\.word).joined(separator: " and ")
        return [
            .ok(
                .forwarding, "on for \(families)",
                meaning:
                    "Machines and containers behind this one are steered by the same addresses, and their own DNS is refused too; name an address of theirs in [dns] listen to answer them."
            )
        ]
    }
}
