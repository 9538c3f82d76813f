// SPDX-License-Identifier: MIT
import Glibc
import Policy
import Steering
import Testing
import Wire

@testable import Kernel

@Suite struct WireGuardStatusTests {
    @Test func dumpIsRead() throws {
        let dump = """
            SECRET\tPUBLIC=\t51820\t0x2000000
            PEER1=\t(none)\t203.0.113.130:51820\t0.0.0.0/0,::/0\t1700000000\t148\t92\t25
            PEER2=\tPRESHARED=\t[2001:db8::1]:51820\t10.0.0.0/8\t0\t0\t0\toff
            PEER3=\t(none)\t(none)\t(none)\t0\t0\t0\toff

            """
        let status = try #require(WireGuardStatus(dump: dump))
        #expect(status.publicKey == "PUBLIC=" && status.listenPort == 51820 && status.mark == Path.outside.mark)
        #expect(status.peers.map(\.publicKey) == ["PEER1=", "PEER2=", "PEER3="])
        #expect(status.peers[0].handshake == 1_700_000_000 && status.peers[0].received == 148 && status.peers[0].sent == 92)
        #expect(status.peers.map { $0.endpoint?.description } == ["203.0.113.130:51820", "[2001:db8::1]:51820", nil])
        #expect(status.peers[1].handshake == nil)
        #expect(WireGuardStatus(dump: "") == nil)
        #expect(WireGuardStatus(dump: "a\tb\nc") == nil)
    }
}

@Suite(.serialized, .enabled(if: isRoot, "needs root: makes network namespaces and WireGuard devices")) struct WireGuardTests {
    private func key() throws -> (secret: String, public: String) {
        let secret = try Program("wg", "genkey").run()
        return (String(secret.dropLast()), String(try Program("wg", "pubkey").run(input: secret).dropLast()))
    }

    /// The whole chain with a real tunnel: kernel or wireguard-go, whichever the machine has.
    @Test func realTunnelCarriesWhatIsSteered() throws {
        let (ours, theirs) = (try key(), try key())
        let host = try Room(forwards: true)
        let relay = try Room()
        try host.shell(
            """
            ip link add name eth0 type veth peer name eth0 netns \(relay.path)
            ip link set eth0 up; ip addr add 198.51.100.2/24 dev eth0; ip route add default via 198.51.100.1
            """)
        try relay.shell(
            "ip link set eth0 up; ip addr add 198.51.100.1/24 dev eth0; ip addr add 203.0.113.10/32 dev lo; ip addr add 2001:db8:113::10/128 dev lo"
        )
        let greeter = try Greeter("relay", port: 80, in: relay)
        defer { withExtendedLifetime(greeter) {} }
        // wireguard-go's sockets lie in /var/run by name, so the names must differ from all others of the machine.
        let (name, other) = ("slt\(getpid())a", "slt\(getpid())b")
        try relay.run {
            var routes = try RouteSocket()
            let conf =
                "[Interface]\nPrivateKey = \(theirs.secret)\nListenPort = 51820\n[Peer]\nPublicKey = \(ours.public)\nAllowedIPs = 10.64.1.2/32, fd00:64:1::2/128\n"
            let device = try WireGuardDevice.bringUp(
                .init(name: other, setconf: conf, addresses: [(IPAddress("10.64.1.1")!, 32), (IPAddress("fd00:64:1::1")!, 128)]), &routes)
            try relay.shell("ip route add 10.64.1.2 dev \(device.name); ip route add fd00:64:1::2 dev \(device.name)")
        }
        let conf = """
            [Interface]
            PrivateKey = \(ours.secret)
            [Peer]
            PublicKey = \(theirs.public)
            Endpoint = 198.51.100.1:51820
            AllowedIPs = 0.0.0.0/0, ::/0

            """
        let setup = WireGuardSetup(
            name: name, setconf: conf, addresses: [(IPAddress("10.64.1.2")!, 24), (IPAddress("fd00:64:1::2")!, 64)], mtu: 1380)
        let device = try host.run { () throws -> WireGuardDevice in
            var routes = try RouteSocket()
            let device = try WireGuardDevice.bringUp(setup, &routes)
            _ = try SourceValidMark.enable()
            try routes.setRules(tunnels: [name])
            try routes.setTunnel(link: device.index, families: [.v4, .v6])
            try routes.setNode(Street.node, link: device.index, families: [.v4, .v6])
            let mirror = try routes.mirrorMain(excluding: [device.index])
            var elements =
                SetElement.tunnelLink(name) + [IPAddress.Family.v4, .v6].flatMap(Street.open) + mirror.defaults.map { .outsideOpen($0) }
            elements += [.tunnelOwn(IPAddress("10.64.1.2")!), .tunnelOwn(IPAddress("fd00:64:1::2")!)]
            elements += [.endpoint(IPAddress("198.51.100.1")!, port: 51820), .resolver(IPAddress("203.0.113.10")!, port: 80, .outside)]
            elements += ["203.0.113.10", "2001:db8:113::10"].map { .learned(.tunnel, IPAddress($0)!) }
            try Nftables().load(RulesetPlan(nodes: [name]), elements: elements)
            return device
        }
        // wireguard-go hears of "up" a little later than its link is up; a first handshake lost by that is repeated after five seconds.
        for _ in 0..<4 where try host.call("203.0.113.10").errno != 0 {}
        #expect(try host.call("203.0.113.10").greeting == "relay 10.64.1.2")
        #expect(try host.call("2001:db8:113::10").greeting == "relay fd00:64:1::2")
        #expect(try host.call("203.0.113.10", mark: Path.outside.mark).greeting == "relay 198.51.100.2")
        // The device's addresses bring no route into main.
        #expect(try !host.shell("ip route; ip -6 route").contains("dev \(name) proto kernel scope link src 10"))
        try host.run {
            let status = try device.status()
            #expect(status.mark == Path.outside.mark)
            #expect(status.publicKey == ours.public)
            #expect(status.peers.count == 1)
            #expect(status.peers.first?.handshake != nil)
            #expect(status.peers.first.map { $0.received > 0 && $0.sent > 0 } == true)
            var routes = try RouteSocket()
            #expect(try routes.link(named: name)?.mtu == 1380)
            // A former run's device is taken over, with its new addresses only.
            let renewed = try WireGuardDevice.bringUp(
                .init(name: name, setconf: conf, addresses: [(IPAddress("10.64.1.2")!, 32), (IPAddress("fd00:64:1::2")!, 128)]), &routes)
            #expect(renewed == device)
            #expect(try routes.link(named: name)?.mtu == 1420)
            #expect(try routes.addresses().filter { $0.link == device.index && $0.address.family == .v4 }.map(\.length) == [32])
        }
        for _ in 0..<4 where try host.call("203.0.113.10").errno != 0 {}
        #expect(try host.call("203.0.113.10").greeting == "relay 10.64.1.2")
        try host.run {
            var routes = try RouteSocket()
            #expect(throws: KernelError.self) {
                try WireGuardDevice.bringUp(.init(name: name, setconf: "[Nonsense]\n", addresses: []), &routes)
            }
            try WireGuardDevice.setEndpoint("203.0.113.200:51821", of: theirs.public, on: name)
            #expect(try device.status().peers.map(\.endpoint) == [ServerAddress("203.0.113.200:51821")])
            // What wg repeats of a file it does not take is not repeated by us.
            let broken = WireGuardSetup(name: name, setconf: "[Interface]\nPrivatKey = \(ours.secret)\n", addresses: [])
            var said = "\(broken)" + String(reflecting: broken)
            dump(broken, to: &said)
            do { _ = try WireGuardDevice.bringUp(broken, &routes) } catch { said += "\(error)" }
            #expect(said.contains("Line unrecognized: `(key)'"))
            #expect(!said.contains(ours.secret.prefix(12)))
            try device.remove(&routes)
            try device.remove(&routes)
            #expect(try routes.link(named: name) == nil)
            #expect(throws: KernelError.self) { try device.status() }
            #expect(throws: KernelError.call("create eth0", errno: EEXIST)) {
                try WireGuardDevice.bringUp(.init(name: "eth0", setconf: conf, addresses: []), &routes)
            }
        }
        try relay.run {
            var routes = try RouteSocket()
            if let link = try routes.link(named: other) {
                try WireGuardDevice(name: other, index: link.index, addresses: []).remove(&routes)
            }
        }
    }

    @Test func programsAreKilledInTime() throws {
        let start = nanoseconds()
        #expect(throws: KernelError.timedOut("sleep")) { try Program("sleep", "10").run(limit: 100) }
        #expect(nanoseconds() - start < 1_000_000_000)
        #expect(throws: KernelError.program("sh -c echo no >&2; exit 3", status: 3, text: "no")) {
            try Program("sh", "-c", "echo no >&2; exit 3").run()
        }
        #expect(throws: KernelError.call("start /nonexistent", errno: ENOENT)) { try Program("/nonexistent").run() }
        #expect(try Program("cat").run(input: String(repeating: "x", count: 60000)).count == 60000)
    }
}
