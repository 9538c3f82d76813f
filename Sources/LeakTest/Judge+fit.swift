// SPDX-License-Identifier: MIT
internal import Wire

extension Judge {
    /// What one sighting says about an expectation.
    enum Fit {
        case right
        case wrong
        /// Says nothing: on `lo`, or an error message from a router on the way.
        case indifferent
        /// Could be either.
        case unclear
    }

    func fit(_ sighting: Sighting, _ expected: Expectation) -> Fit {
        switch (expected, sighting.link.kind) {
        case (_, .loopback): .indifferent
        case (.nothing, .tunnel), (.nothing, .outside), (.nothing, .unknown): .wrong
        case (.tunnel, .tunnel), (.outside, .outside), (.notOutside, .tunnel): .right
        case (.tunnel, .outside), (.outside, .tunnel), (.lan, .tunnel), (.notOutside, .outside): .wrong
        case (.tunnel, .unknown), (.outside, .unknown), (.lan, .unknown), (.notOutside, .unknown): .unclear
        case (.lan, .outside):
            if let peer = sighting.peer {
                peer.isPrivate(cgnat: plan.cgnatIsPrivate) ? .right : .wrong
            } else {
                sighting.protocolName == "icmp" ? .indifferent : .unclear
            }
        }
    }

    /// The same for one cell: on the right link, but to somebody whom nothing told to be asked, is wrong too.
    func fit(_ sighting: Sighting, _ cell: Cell) -> Fit {
        let fit = fit(sighting, cell.expected)
        guard fit == .right, !cell.servers.isEmpty, let peer = sighting.peer, sighting.protocolName != "icmp" else { return fit }
        return cell.servers.contains(peer.unmapped) ? .right : .wrong
    }

    func place(_ sightings: [Sighting], _ expected: Expectation) -> CellResult.Seen {
        let kinds = Set(sightings.map(\.link.kind)).subtracting([.loopback])
        if kinds.isEmpty { return .nothing }
        if kinds.isSuperset(of: [.tunnel, .outside]) { return .several }
        if kinds.contains(.tunnel) { return .tunnel }
        guard kinds.contains(.outside) else { return .unknown }
        return expected == .lan && !sightings.contains { fit($0, .lan) == .wrong } ? .lan : .outside
    }

    func byInterface(_ packets: [(key: Sighting, value: Int)]) -> [String: Int] {
        packets.reduce(into: [:]) { $0[$1.key.link.name, default: 0] += $1.value }
    }

    /// The wrong ones, by interface and question.
    func leaks(_ packets: [(key: Sighting, value: Int)], _ fit: (Sighting) -> Fit) -> [LeakReport.Leak] {
        packets.filter { fit($0.key) == .wrong }
            .sorted {
                ($0.key.link.name, $0.key.question, $1.key.isOutgoing ? 1 : 0) < (
                    $1.key.link.name, $1.key.question, $0.key.isOutgoing ? 1 : 0
                )
            }
            .map { sighting, count in
                LeakReport.Leak(
                    interface: sighting.link.name, direction: sighting.isOutgoing ? .out : .in, source: sighting.source?.description,
                    destination: sighting.destination?.description, protocol: sighting.protocolName, port: sighting.port,
                    name: sighting.name ?? questions[sighting.question].name,
                    type: sighting.type ?? questions[sighting.question].kind.description, packets: count)
            }
    }

    /// What keeps the verdict from being clean.
    func reasons(_ cells: [CellResult], _ controls: [ControlResult], strayed: Int) -> [String] {
        var reasons: [String] = []
        if controls.isEmpty { reasons.append("no positive control: nothing shows that this test can see") }
        for control in controls {
            let way = control.side == .tunnel ? "in the tunnel" : "outside"
            switch control.verdict {
            case .seen: break
            case .unseen: reasons.append("control to \(control.server) was not seen \(way) (\(control.answer))")
            case .leak: reasons.append("control to \(control.server), marked to go \(way), was seen on a wrong link")
            }
        }
        if cells.isEmpty { reasons.append("no cell could be asked") }
        for cell in cells {
            switch cell.verdict {
            case .clean: break
            case .leak: reasons.append("\(cell.label): packets where none of its kind may be")
            case .silent: reasons.append("\(cell.label): no packet was seen where one should be")
            case .unanswered:
                reasons.append("\(cell.label): \(cell.answers.count { $0.rcode == nil && !$0.seen }) questions neither answered nor seen")
            case .unclear: reasons.append("\(cell.label): packets that cannot be placed")
            case .misanswered:
                let told = Set(cell.answers.compactMap(\.rcode)).sorted().joined(separator: ", ")
                reasons.append("\(cell.label): answered \(told)")
            }
        }
        if lost > 0 { reasons.append("\(lost) packets came too fast to be looked at") }
        if strayed > 0 { reasons.append("\(strayed) packets of this run belong to no question of it") }
        return reasons
    }
}

extension QueryType: CustomStringConvertible {
    /// As in zone files.
    package var description: String {
        switch self {
        case .a: "A"
        case .ptr: "PTR"
        case .mx: "MX"
        case .txt: "TXT"
        case .aaaa: "AAAA"
        case .svcb: "SVCB"
        case .https: "HTTPS"
        }
    }
}
