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
    private(set) var facts = TunnelMachine.Facts()
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

    /// A probe whose answer has not come yet.
    private var waiting: UpstreamSocket?
    /// A connection begun for the sake of its first packet.
    private var knocking: UpstreamSocket?
    private var nextProbe: Instant
    private var nextLook: Instant
    /// The device as this run of ours configured it; what a former run left counts only when it has been configured anew.
    private var made: WireGuardDevice?
    /// Whether our device has lost an address: the kernel takes those of IPv6 away while a link is down.
    private(set) var lacks = false
    /// Milliseconds between two probes.
    private let interval: Int64
    /// Between two probes while nobody has answered yet, in milliseconds.
    private static let eagerInterval: Int64 = 250
    /// A handshake older than this is to be renewed (WireGuard's Rekey-After-Time), in milliseconds.
    private static let handshakeAge: Int64 = 120_000
    /// Between two readings of `wg show`: while unheard of, and while probes are answered, in milliseconds.
    private static let eagerLook: Int64 = 300
    private static let calmLook: Int64 = 30_000

    init(
        _ configuration: Configuration.Tunnel, device: String, file: WireGuardFile?, resolvers: [ServerAddress],
        health: Configuration.Health, at now: Instant
    ) {
        self.configuration = configuration
        self.device = device
        self.file = file
        self.resolvers = resolvers
        interval = health.interval.milliseconds
        machine = TunnelMachine(answerLife: interval * Int64(health.failures + 1), at: now)
        nextProbe = now
        nextLook = now
        lastAddresses = Set(file?.addresses.map(\.address) ?? [])
        endpoints = named
    }

    var isOurs: Bool { file != nil }
    /// Its addresses, also while the device is not there: nothing may go to them by another.
    var ownAddresses: [IPAddress] { addresses + lastAddresses.subtracting(addresses) }
    var families: Set<IPAddress.Family> { Set(addresses.map(\.family)) }

    /// Takes in what the kernel says of the links.
    mutating func see(_ links: [Link], _ all: [LinkAddress]) {
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
            facts = TunnelMachine.Facts()
            // Whoever made it may not be ready with it: its mark is read again soon.
            (nextLook, nextProbe) = (Instant(milliseconds: 0), Instant(milliseconds: 0))
            waiting = nil
        }
        facts.isUp = link.map { $0.isUp && (!isOurs || made?.index == $0.index) } ?? false
    }

    /// Its device carries nothing any more; the next look tells more.
    mutating func lost() { facts.isUp = false }

    private static func mark(of device: String) -> UInt32? {
        guard let mark = (try? WireGuardDevice.status(of: device))?.mark, mark != 0 else { return nil }
        return mark
    }

    /// Makes and configures the device. Errors are the caller's to tell; the machine tries again.
    mutating func bringUp(_ routes: inout RouteSocket) throws(KernelError) {
        guard let file else { return }
        let setup = WireGuardSetup(
            name: device, setconf: file.setconf(known), addresses: file.addresses.map { ($0.address, length: $0.length) },
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

    /// Takes in a probe's answer. Returns whether one came.
    mutating func listen(_ room: inout [UInt8], at now: Instant) -> Bool {
        guard facts.isUp, let waiting, case .packet = waiting.proceed(&room) else { return false }
        facts.answer = now
        self.waiting = nil
        return true
    }

    /// Sends a probe when one is due.
    mutating func probe(_ randomness: Randomness, at now: Instant) {
        guard facts.isUp, now >= nextProbe, let first = resolvers.first else { return }
        nextProbe = now + (machine.state == .connected ? interval : min(Self.eagerInterval, interval))
        guard let server = resolvers.first(where: { !$0.isSecure }) else {
            // Nobody to be asked in the clear: a packet for the handshake, which tells whether the tunnel is alive, until it is there and before it
            // is too old.
            let isFresh = facts.handshake.map { now - $0 < Self.handshakeAge } ?? false
            knocking = isFresh ? nil : UpstreamSocket(knockingAt: Ask(.tunnel, first), device: device)
            return
        }
        waiting = UpstreamSocket(Ask(.tunnel, server), .udp, Self.question(id: randomness.next()), device: device)
    }

    /// Reads the last handshake when it is due: `wg show` takes some milliseconds.
    mutating func look(at now: Instant) {
        guard facts.isUp, now >= nextLook else { return }
        let isAnswered = facts.answer.map { now - $0 < interval * 2 } ?? false
        nextLook = now + (isAnswered ? Self.calmLook : Self.eagerLook)
        guard let status = try? WireGuardDevice.status(of: device) else { return }
        if !isOurs { foreignMark = status.mark == 0 ? nil : status.mark }
        // A peer that has moved is followed; what the file names stays where a handshake begins.
        let seen = status.peers.compactMap(\.endpoint)
        endpoints = seen + named.filter { !seen.contains($0) }
        facts.handshake = status.peers.compactMap(\.handshake).max().map { now + (Int64($0) - Int64(time(nil))) * 1000 }
    }

    /// Where the file says that its peers are.
    private var named: [ServerAddress] { file?.peers.compactMap { $0.endpoint?.resolved(known)?.server } ?? [] }

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

    /// Where the probe's answer will come.
    var descriptor: Int32? { waiting?.fd }

    /// When `probe` or `look` has something to do.
    var deadline: Instant { min(nextProbe, nextLook) }
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

extension SupervisedTunnel {
    /// The question of a probe: the root's name servers, which every resolver knows.
    private static func question(id: UInt16) -> [UInt8] {
        [UInt8(id >> 8), UInt8(truncatingIfNeeded: id), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1]
    }
}
