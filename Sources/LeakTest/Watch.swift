// SPDX-License-Identifier: MIT
import Glibc

/// The eyes of a run: looks at every packet of the machine while it waits for anything else.
struct Watch: ~Copyable {
    private var capture: Capture
    private(set) var sightings: Sightings

    init(token: RunToken, tunnels: Set<String>, receiveBuffer: Int) throws(LeakError) {
        sightings = Sightings(token: token, links: LinkTable(tunnels: tunnels))
        capture = try Capture(receiveBuffer: receiveBuffer)
    }

    /// From now on packets of this connection belong to the question.
    mutating func expect(_ flow: Flow, of question: Int) { sightings.expect(flow, of: question) }

    /// Waits until `deadline` at the latest, or until one of the sockets is ready, and looks at all packets that came by then.
    ///
    /// Sets `revents` of the sockets that are ready.
    mutating func wait(for sockets: inout [pollfd], until deadline: ContinuousClock.Instant) throws(LeakError) {
        sockets.append(pollfd(fd: capture.descriptor, events: Int16(POLLIN), revents: 0))
        defer { sockets.removeLast() }
        let milliseconds = Self.milliseconds(until: deadline)
        if unsafe poll(&sockets, nfds_t(sockets.count), milliseconds) < 0, errno != EINTR {
            throw .system(call: "poll", errno: errno)
        }
        _ = try capture.drain(into: &sightings)
    }

    /// Looks and does nothing else until `deadline`, then looks at all that came by then and says how many packets were lost since the start.
    mutating func finish(at deadline: ContinuousClock.Instant) throws(LeakError) -> Int {
        var none: [pollfd] = []
        repeat { try wait(for: &none, until: deadline) } while ContinuousClock.now < deadline
        try capture.stop()
        while try !capture.drain(into: &sightings) {}
        sightings.refreshLinks()
        return try capture.losses()
    }

    /// Rounded up, so that a wait does not end before its time and spin.
    private static func milliseconds(until deadline: ContinuousClock.Instant) -> Int32 {
        let left = ContinuousClock.now.duration(to: deadline)
        guard left > .zero else { return 0 }
        let (seconds, attoseconds) = left.components
        guard seconds < 60 else { return 60_000 }
        return Int32(seconds) * 1000 + Int32(attoseconds / 1_000_000_000_000_000) + 1
    }
}
