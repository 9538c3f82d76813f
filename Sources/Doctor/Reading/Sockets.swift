// SPDX-License-Identifier: MIT
import HostDNS
import Wire

/// Who waits for questions, and who answers.
struct Sockets: Sendable {
    var holders: [PortHolder] = []
    var answers: [Place: Bool] = [:]
    var processes: Set<String> = []

    static func read(ports: Set<UInt16>, asking ours: [Place]) -> Sockets {
        var sockets = Sockets()
        sockets.processes = Processes.names()
        sockets.holders = HostPaths().holders(ofPorts: ports)
        var places: [Place] = []
        for holder in sockets.holders where holder.transport == .udp {
            let address = holder.place.address
            // A link-local address would need its interface, and is no place for a resolver of programs.
            guard !address.isLinkLocal || address.family == .v4 else { continue }
            let place = address.isUnspecified ? Place(address.loopback, holder.place.port) : holder.place
            if !places.contains(place) { places.append(place) }
        }
        for place in ours where !places.contains(place) && sockets.holders.contains(where: { $0.takes(place) }) { places.append(place) }
        sockets.answers = LocalQuestion.ask(places)
        return sockets
    }
}
