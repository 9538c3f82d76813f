// SPDX-License-Identifier: MIT

/// What the capture showed: every packet with one of our names, counted.
struct Sightings {
    private let token: RunToken
    private(set) var links: LinkTable
    /// How often each was seen.
    private(set) var counts: [Sighting: Int] = [:]
    /// Packets outside `lo` that carry the prefix of the run and no number of it: ours, but of no question we could name.
    private(set) var unplaced = 0
    /// Connections without a name in their first packet, and the questions they belong to.
    private var flows: [Flow: Int] = [:]

    init(token: RunToken, links: LinkTable) {
        self.token = token
        self.links = links
    }

    /// Takes one packet, which begins with its network header; `hardware` is the ARPHRD_ type of the interface.
    mutating func note(_ packet: Span<UInt8>, index: Int32, hardware: UInt16, isOutgoing: Bool) {
        let marks = token.marks(in: packet)
        guard !marks.isEmpty else {
            if let question = question(ofFlow: packet, isOutgoing: isOutgoing) {
                let link = links.link(index, hardware: hardware)
                counts[Sighting(question: question, link: link, isOutgoing: isOutgoing, packet: packet), default: 0] += 1
            }
            return
        }
        let link = links.link(index, hardware: hardware)
        for mark in Set(marks) {
            if let mark {
                counts[Sighting(question: mark, link: link, isOutgoing: isOutgoing, packet: packet), default: 0] += 1
            } else if link.kind != .loopback {
                unplaced += 1
            }
        }
    }

    /// From now on packets of this connection belong to the question.
    mutating func expect(_ flow: Flow, of question: Int) { flows[flow] = question }

    private func question(ofFlow packet: Span<UInt8>, isOutgoing: Bool) -> Int? {
        guard !flows.isEmpty, let envelope = Envelope(packet), envelope.protocolNumber == Envelope.tcp, let ports = envelope.ports else {
            return nil
        }
        let remote = isOutgoing ? envelope.destination : envelope.source
        let (far, near) = isOutgoing ? (ports.destination, ports.source) : (ports.source, ports.destination)
        return flows[Flow(remote: remote, port: far)] ?? flows[Flow(remote: remote, port: far, local: near)]
    }

    /// Adds the interfaces that came since.
    mutating func refreshLinks() { links.refresh() }

    /// Whether the name of `question` was seen on a link of this kind.
    func saw(_ question: Int, on kind: Link.Kind) -> Bool {
        counts.keys.contains { $0.question == question && $0.link.kind == kind }
    }
}
