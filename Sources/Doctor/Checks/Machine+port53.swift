// SPDX-License-Identifier: MIT
import HostDNS
import Wire

/// Who answers on this machine: at our addresses, and beside us.
extension Machine {
    var portFindings: [Finding] { daemon.listeners.flatMap(judged) }

    private func judged(_ listener: ServerAddress) -> [Finding] {
        let place = Place(listener.address, listener.port)
        let holders = holders.filter { $0.takes(place) }
        let names = Self.names(holders)
        if daemon.isRunning {
            let own = holders.filter { $0.process == nil || $0.process?.id == daemon.pid }
            guard !own.isEmpty else {
                return [
                    .problem(
                        .port53, "nobody of ours listens at \(place)" + (holders.isEmpty ? "" : "; \(names) does"),
                        meaning: "Programs that ask there are not answered by Sluice.",
                        next: "sudo sluice status; sudo ss -lnup 'sport = :53'")
                ]
            }
            if answers[place] == false {
                return [
                    .problem(
                        .port53, "\(place) is ours, and did not answer",
                        meaning: "A question for localhost had no answer within a third of a second.",
                        next: "sluice query localhost; journalctl -u sluice -n 50")
                ]
            }
            return [.ok(.port53, "\(place): \(Self.names(own))", meaning: "Sluice answers there.")]
        }
        guard !holders.isEmpty else {
            return [.ok(.port53, "\(place) is free", meaning: "Sluice can listen there.")]
        }
        // A daemon that does not tell holds it, in all likelihood.
        if daemon.life != .absent { return [.ok(.port53, "\(place): \(names)", meaning: "Somebody listens there.")] }
        return [
            .problem(
                .port53, "\(place) is held by \(names)", meaning: "Sluice cannot listen there: sluice run would end with an error.",
                next: Self.wayOut(of: holders, place))
        ]
    }

    private static func wayOut(of holders: [PortHolder], _ place: Place) -> String {
        switch holders.compactMap(\.process?.name).first {
        case "systemd-resolve": ResolvedStub.byHand
        case .some: "[dns] listen = [\"127.0.0.153:53\"] in sluice.toml, or stop it: sudo ss -lnup 'sport = :\(place.port)'"
        case nil: "sudo sluice doctor    (tells which process)"
        }
    }

    /// `dnsmasq (pid 7)`, or the transports of a process that cannot be seen.
    private static func names(_ holders: [PortHolder]) -> String {
        var names: [String] = []
        for holder in holders {
            let name = holder.process?.text ?? "a process that only root sees"
            if !names.contains(name) { names.append(name) }
        }
        return names.joined(separator: ", ")
    }

    /// Port 53 of others.
    var resolverFindings: [Finding] {
        let ours = Set(daemon.listeners.map { Place($0.address, $0.port) })
        var places: [Place] = []
        for holder in holders where holder.place.port == 53 && !ours.contains(holder.place) && !isOurs(holder) {
            if !places.contains(holder.place) { places.append(holder.place) }
        }
        let findings = places.map { place in
            finding(at: place, Self.names(holders.filter { $0.place == place }))
        }
        return findings.isEmpty ? [.ok(.resolvers, "no other resolver on this machine", meaning: "Nobody else holds port 53.")] : findings
    }

    /// The daemon may listen at more places than it tells: one for each class of apps.
    private func isOurs(_ holder: PortHolder) -> Bool {
        daemon.isRunning && holder.process.map { $0.id == daemon.pid } ?? false
    }

    private func finding(at place: Place, _ names: String) -> Finding {
        // A stranger's wildcard socket is asked at the loopback address.
        let asked = place.address.isUnspecified ? Place(place.address.loopback, place.port) : place
        let everywhere = place.address.isUnspecified ? "every \(place.address.family.word) address" : "\(place)"
        let virtual = interfaces.first { $0.addresses.contains(place.address) && Self.isForGuests($0.name) }
        if let virtual {
            return .ok(
                .resolvers, "\(names) at \(place), for machines behind \(virtual.name)",
                meaning: "Guests ask it. What it asks on the net itself is refused while Sluice runs, unless it asks Sluice.")
        }
        guard answers[asked] == true else {
            return .note(
                .resolvers, "\(names) holds \(everywhere)" + (answers[asked] == false ? ", and did not answer" : ""),
                meaning: "Programs that ask there go past Sluice.", next: "sudo ss -lnup 'sport = :53'")
        }
        return .note(
            .resolvers, "\(names) answers at \(everywhere) too",
            meaning: "Programs that ask there go past Sluice's rules; what it asks on the net itself is refused while Sluice runs.",
            next: "sudo ss -lnup 'sport = :53'    (and stop it, or point it at Sluice)")
    }

    private static func isForGuests(_ interface: String) -> Bool {
        ["virbr", "lxcbr", "lxdbr", "incusbr", "docker", "br-", "podman", "cni", "waydroid", "vmnet"].contains { interface.hasPrefix($0) }
    }
}

extension IPAddress {
    /// The loopback address of the same family.
    var loopback: IPAddress { family == .v4 ? .v4(0x7F00_0001) : .v6(high: 0, low: 1) }
}
