// SPDX-License-Identifier: MIT
import Configuration
import Glibc
import Kernel
import Policy
import Tunnels
import Upstreams
import Wire

/// One `[[tunnel]]` as the supervisor sees it: its device, its life, and the probe that asks whether somebody is there.
struct SupervisedTunnel {
    let configuration: Configuration.Tunnel
    let file: WireGuardFile?
    let device: String
    let resolvers: [ServerAddress]
    var machine: TunnelMachine
    /// Whether its device carries packets, and is configured as the file says.
    private(set) var isUp = false
    /// When its active peer, or any, shook hands last; nil: never.
    private(set) var handshake: Instant?
    private(set) var link: Link?
    /// Our device under a name that somebody else gave it.
    private(set) var renamed: Link?
    private(set) var addresses: [IPAddress] = []
    private var lastAddresses: Set<IPAddress> = []
    private var lastLink: UInt32?
    /// The whole mark of a device that somebody else brought up; nil for ours, and for one without.
    private(set) var foreignMark: UInt32?
    /// Where its own packets go.
    private(set) var endpoints: [ServerAddress] = []
    /// What the names of its endpoints are.
    private var known: [Name: IPAddress] = [:]

    /// Which of its peers is active, where each is a node; and when each shook hands last.
    private(set) var peers: PeerRotation?
    private(set) var handshakes: [Instant?] = []
    /// Whether it is there and how fast.
    private(set) var health: NodeHealth
    private var probes: NodeProbes
    private(set) var counters = LinkCounters()
    /// Bytes that those peers had sent at the last look, as `wg` counts them, also what brings no packet; nil: it is another now than it was then.
    private var heard: UInt64?
    private var formerly = NodeHealth.Condition.new
    /// How it answers, suspicions left out, and since when.
    private(set) var settled: (condition: NodeHealth.Condition, since: Instant)
    private var nextLook: Instant
    /// The device as this run of ours configured it; what a former run left counts only when it has been configured anew.
    private var made: WireGuardDevice?
    /// Whether our device has lost an address: the kernel takes those of IPv6 away while a link is down.
    private(set) var lacks = false
    private let settings: NodeHealth.Settings
    /// Between two readings of `wg show`: while it has not answered, while it is dead, and while probes are answered, in milliseconds.
    private static let eagerLook: Int64 = 300
    private static let patientLook: Int64 = 2000
    private static let calmLook: Int64 = 30_000

    init(
        _ configuration: Configuration.Tunnel, _ node: Node?, device: String, file: WireGuardFile?, resolvers: [ServerAddress],
        health: Configuration.Health, at now: Instant
    ) {
        self.configuration = configuration
        self.device = device
        self.file = file
        self.resolvers = resolvers
        settings = NodeHealth.Settings(
            interval: health.interval.milliseconds, latency: health.latency.milliseconds, failures: health.failures)
        self.health = NodeHealth(settings, at: now)
        probes = NodeProbes(of: device, node, resolvers)
        machine = TunnelMachine(at: now)
        switch configuration.nodes {
        case .devices: peers = nil
        case .peers: peers = file.map { PeerRotation(count: $0.peers.count, interval: health.interval.milliseconds, at: now) }
        }
        nextLook = now
        settled = (.new, now)
        lastAddresses = Set(file?.addresses.map(\.address) ?? [])
        endpoints = named
    }

    var isOurs: Bool { file != nil }
    /// Its addresses, also while the device is not there: nothing may go to them by another.
    var ownAddresses: [IPAddress] { addresses + lastAddresses.subtracting(addresses) }
    var families: Set<IPAddress.Family> { Set(addresses.map(\.family)) }

    /// Takes in what the kernel says of the links.
    mutating func see(_ links: [Link], _ all: [LinkAddress], at now: Instant) {
        let former = link
        link = links.first { $0.name == device }
        renamed = made.flatMap { made in links.first { $0.index == made.index && $0.name != device } }
        addresses = link.map { link in all.filter { $0.link == link.index && !$0.address.isLinkLocal }.map(\.address) } ?? []
        // Of one device all that it has had: with a link that goes down the kernel takes the addresses of IPv6 alone.
        if let link, link.index != lastLink {
            lastLink = link.index
            lastAddresses = Set(file?.addresses.map(\.address) ?? [])
        }
        lastAddresses.formUnion(addresses)
        lacks = made != nil && link?.index == made?.index && link?.isUp == true && made?.addresses.isSubset(of: addresses) == false
        if link?.index != former?.index {
            // Its own packets must be known before anything is steered into it.
            if let link, !isOurs { foreignMark = Self.mark(of: link.name) }
            (isUp, handshake) = (false, nil)
            // Whoever made it may not be ready with it: its mark is read again soon.
            nextLook = Instant(milliseconds: 0)
        }
        let wasUp = isUp
        isUp = link.map { $0.isUp && (!isOurs || made?.index == $0.index) } ?? false
        // What came before says nothing.
        if link?.index != former?.index || isUp && !wasUp {
            peers?.begin(at: now)
            beginAnew(at: now)
        }
    }

    /// Its device carries nothing any more; the next look tells more.
    mutating func lost() { isUp = false }

    private static func mark(of device: String) -> UInt32? {
        guard let mark = (try? WireGuardDevice.status(of: device))?.mark, mark != 0 else { return nil }
        return mark
    }

    /// Makes and configures the device. Errors are the caller's to tell; the machine tries again.
    mutating func bringUp(_ routes: inout RouteSocket) throws(KernelError) {
        guard let file else { return }
        let setup = WireGuardSetup(
            name: device, setconf: file.setconf(known, active: peers?.active),
            addresses: file.addresses.map { ($0.address, length: $0.length) },
            mtu: file.mtu.map(UInt32.init))
        made = try WireGuardDevice.bringUp(setup, &routes)
    }

    /// Whether there is a device that is ours to take away. Somebody else's stays.
    var hasDevice: Bool { isOurs && link != nil }

    /// Begins to take it away; the link monitor tells when it is gone.
    func beginRemoval(_ routes: inout RouteSocket) throws(KernelError) {
        guard let link, isOurs else { return }
        do { try routes.remove(link) } catch .call(_, errno: ENODEV) { return }
    }

    /// Takes it away, and returns when it is gone.
    func remove(_ routes: inout RouteSocket) throws(KernelError) { try made?.remove(&routes) }

    /// Begins anew, after `up` or `down`.
    mutating func release(at now: Instant) {
        machine.release(at: now)
        peers?.begin(at: now)
        beginAnew(at: now)
    }

    private mutating func beginAnew(at now: Instant) {
        health = NodeHealth(settings, at: now)
        probes.forget()
        (heard, counters) = (nil, LinkCounters())
        note(at: now)
    }

    /// Takes in answers to probes, and what the device's counters say.
    /// - Parameter lookups: of all that use it; nil while it is not in use.
    mutating func listen(
        _ room: inout [UInt8], _ routes: inout RouteSocket, lookups: (answered: UInt64, asked: UInt64)?, at now: Instant
    ) {
        guard isUp, let link else { return }
        for (number, outcome) in probes.take(&room) {
            switch outcome {
            case .answered(let time): health.answered(number, after: time, at: now)
            case .refused: health.refused(number, at: now)
            case .heard: health.heard(at: now)
            case .held: break
            }
        }
        if now >= health.nextCount {
            // One that cannot be read is asked again in its time.
            counters = (try? routes.counters(of: link.index)) ?? counters
            health.counted(received: counters.received, sent: counters.sent, lookups: lookups, at: now)
        }
        note(at: now)
    }

    /// Notes what it has become.
    private mutating func note(at now: Instant) {
        let condition = health.condition
        guard condition != formerly else { return }
        (formerly, heard) = (condition, nil)
        if condition != .suspect, condition != settled.condition { settled = (condition, now) }
    }

    /// Sends a probe when one is due.
    mutating func probe(_ randomness: Randomness, to poller: borrowing Poller, token: UInt64, at now: Instant) {
        guard isUp, now >= health.due else { return }
        if let number = health.tick(at: now, random: randomness.next()) {
            probes.send(
                number, id: randomness.next(), isLate: [.suspect, .mute, .dead].contains(health.condition), to: poller, token: token)
        }
        note(at: now)
    }

    var facts: TunnelMachine.Facts { TunnelMachine.Facts(isUp: isUp, handshake: handshake, condition: condition) }

    /// One that has just taken over from another peer is not heard of yet, and not given up yet.
    private var condition: NodeHealth.Condition { health.condition == .new && peers?.isOnTrial == true ? .suspect : health.condition }

    /// Measures now.
    mutating func measure(_ count: Int, at now: Instant) { if isUp { health.measure(count, at: now) } }

    /// Reads the last handshake when it is due: `wg show` takes some milliseconds.
    mutating func look(at now: Instant) {
        guard isUp, now >= nextLook else { return }
        switch health.condition {
        case .alive, .slow, .suspect: nextLook = now + Self.calmLook
        case .new where machine.state == .connecting: nextLook = now + Self.eagerLook
        case .new, .mute, .dead: nextLook = now + Self.patientLook
        }
        guard let status = try? WireGuardDevice.status(of: device) else { return }
        if !isOurs { foreignMark = status.mark == 0 ? nil : status.mark }
        // A peer that has moved is followed; what the file names stays where a handshake begins.
        let seen = status.peers.compactMap(\.endpoint)
        endpoints = seen + named.filter { !seen.contains($0) }
        func moment(_ handshake: UInt64?) -> Instant? { handshake.map { now + (Int64($0) - Int64(time(nil))) * 1000 } }
        handshakes = (file?.peers ?? []).map { peer in moment(status.peers.first { $0.publicKey == peer.publicKey.base64 }?.handshake) }
        handshake = peers.map { handshakes[$0.active] } ?? moment(status.peers.compactMap(\.handshake).max())
        let active = peers.flatMap { file?.peers[$0.active].publicKey.base64 }
        let bytes = status.peers.filter { active == nil || $0.publicKey == active }.reduce(0) { $0 + $1.received }
        if let heard, heard != bytes { health.heard(at: now) }
        note(at: now)
        heard = bytes
    }

    /// Where the file says that its peers are.
    private var named: [ServerAddress] { file?.peers.compactMap { $0.endpoint?.resolved(known)?.server } ?? [] }

    /// Where its peers are nodes: the names of those that WireGuard has not heard of for the life of a session, with a keepalive every 25 s.
    func silentNames(at now: Instant) -> Set<Name> {
        guard isUp, peers != nil, let file, handshakes.count == file.peers.count else { return [] }
        let silent = zip(file.peers, handshakes).filter { $1.map { now - $0 >= TunnelMachine.handshakeLife } ?? true }
        return Set(silent.compactMap { $0.0.endpoint?.name })
    }

    /// Takes in what names are now.
    /// - Returns: the peers that are elsewhere, and where, as `wg` takes it.
    mutating func move(_ known: [Name: IPAddress]) -> [(key: String, endpoint: String)] {
        let former = self.known
        self.known = known
        let moved = (file?.peers ?? []).filter { $0.endpoint?.resolved(known) != $0.endpoint?.resolved(former) }
        let left = moved.compactMap { $0.endpoint?.resolved(former)?.server }
        endpoints = named + endpoints.filter { !named.contains($0) && !left.contains($0) }
        return moved.compactMap { peer in peer.endpoint?.resolved(known).map { (peer.publicKey.base64, $0.description) } }
    }

    /// Where each peer is a node: makes another active if the one that is does not answer, or a preferred one is back.
    /// - Returns: its place in the file; nil: nothing was changed.
    mutating func rotate(at now: Instant) throws(KernelError) -> Int? {
        guard isUp, let file, peers?.judge(health.condition, handshakes: handshakes, at: now) == true,
            let active = peers?.active
        else { return nil }
        let next = file.peers[active]
        // What is known of the former says nothing of this one.
        handshake = handshakes.indices.contains(active) ? handshakes[active] : nil
        beginAnew(at: now)
        try WireGuardDevice.moveAllowedIPs(
            from: file.peers.map(\.publicKey.base64).filter { $0 != next.publicKey.base64 }, to: next.publicKey.base64,
            next.allowedIPs.map(\.description), on: device)
        return active
    }

    /// When `listen` or `probe` has something to do, and when `look`; nil: while there is no device, nothing.
    var probeDue: Instant? { isUp ? min(health.due, health.nextCount) : nil }
    var lookDue: Instant? { isUp ? nextLook : nil }

    /// What who chooses is told.
    var node: NodeChoice.Node {
        NodeChoice.Node(state: machine.state, condition: health.condition, latency: health.latency, steadySince: health.steadySince)
    }
}

extension Duration {
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}

extension Endpoint {
    fileprivate var server: ServerAddress { ServerAddress(address, port: port) }
}

extension IPAddress {
    fileprivate var isLinkLocal: Bool {
        if case .v6(let high, _) = self { high >> 54 == 0x3FA } else { false }
    }
}
