// SPDX-License-Identifier: MIT

/// What the capture showed: every packet with one of our names, counted.
struct Sightings {
    private let token: RunToken
    private(set) var links: LinkTable
    /// How often each was seen.
    private(set) var counts: [Sighting: Int] = [:]
    /// Packets outside `lo` that carry the prefix of the run and no number of it: ours, but of no question we could name.
    private(set) var unplaced = 0

    init(token: RunToken, links: LinkTable) {
        self.token = token
        self.links = links
    }

    /// Takes one packet, which begins with its network header; `hardware` is the ARPHRD_ type of the interface.
    mutating func note(_ packet: Span<UInt8>, index: Int32, hardware: UInt16, isOutgoing: Bool) {
        let marks = token.marks(in: packet)
        guard !marks.isEmpty else { return }
        let link = links.link(index, hardware: hardware)
        for mark in Set(marks) {
            if let mark {
                counts[Sighting(question: mark, link: link, isOutgoing: isOutgoing, packet: packet), default: 0] += 1
            } else if link.kind != .loopback {
                unplaced += 1
            }
        }
    }

    /// Adds the interfaces that came since.
    mutating func refreshLinks() { links.refresh() }

    /// Whether the name of `question` was seen on a link of this kind.
    func saw(_ question: Int, on kind: Link.Kind) -> Bool {
        counts.keys.contains { $0.question == question && $0.link.kind == kind }
    }
}
