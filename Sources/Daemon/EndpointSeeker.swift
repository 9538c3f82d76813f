// SPDX-License-Identifier: MIT
import Tunnels
import Upstreams
import Wire

/// The search for peers' endpoints that are given by name, with the sockets it asks on. They carry the mark of the outside path: no rule, no cache and
/// no tunnel has to do with them.
struct EndpointSeeker {
    private(set) var lookups: EndpointLookups
    let names: [Name]
    /// What the next run begins with.
    private(set) var kept: [Name: IPAddress]
    private var sockets: [Int: UpstreamSocket] = [:]
    private var around: Around?
    /// Last told of each name, so that the same is told once.
    private var told: [Name: EndpointFailure] = [:]

    /// What of the world, when it changes, may change an answer.
    struct Around: Equatable {
        let network: Int
        let servers: [ServerAddress]
        let families: Set<IPAddress.Family>
    }

    init(_ names: [Name], kept: [Name: IPAddress], _ randomness: Randomness, at now: Instant) {
        self.names = names
        self.kept = kept.filter { names.contains($0.key) }
        lookups = EndpointLookups(names, kept: kept, at: now) { randomness.next() }
    }

    mutating func set(_ need: EndpointLookups.Need, of name: Name, at now: Instant) { lookups.set(need, of: name, at: now) }

    /// Takes in what has come, and sends what is due.
    /// - Parameter room: space for one message, as `UpstreamSocket` takes it.
    mutating func proceed(_ world: EndpointWorld, _ around: Around, _ room: inout [UInt8], at now: Instant) -> [EndpointLookups.Event] {
        if let former = self.around, former != around { lookups.networkChanged(at: now) }
        self.around = around
        var events: [EndpointLookups.Event] = []
        for (number, socket) in sockets {
            switch socket.proceed(&room) {
            case .packet(let packet): events += lookups.take(packet, on: number, world, at: now)
            case .lost: events += lookups.lost(number, world, at: now)
            case .nothingYet: break
            }
        }
        events += lookups.advance(world, at: now)
        // One that cannot be sent may lead to the next server.
        while let next = lookups.open.first(where: { sockets[$0.number] == nil }) {
            if let socket = UpstreamSocket(next.ask, next.isStream ? .tcp : .udp, next.message) {
                sockets[next.number] = socket
            } else {
                events += lookups.lost(next.number, world, at: now)
            }
        }
        let open = Set(lookups.open.map(\.number))
        sockets = sockets.filter { open.contains($0.key) }
        for case .found(let name, let address, _) in events { kept[name] = address }
        return events.filter { isNews($0) }
    }

    /// Nobody wants a tunnel.
    mutating func pause(at now: Instant) {
        guard !sockets.isEmpty else { return }
        lookups.pause(at: now)
        sockets = [:]
    }

    private mutating func isNews(_ event: EndpointLookups.Event) -> Bool {
        switch event {
        case .found(let name, _, _):
            told[name] = nil
            return true
        case .kept(let name, _, let failure), .failed(let name, let failure):
            defer { told[name] = failure }
            return told[name] != failure
        }
    }

    /// Where replies will come. What a stream still has to send waits for the next round, at most.
    var descriptors: [Int32] { sockets.values.map(\.fd) }

    var deadline: Instant? { lookups.deadline }
}
