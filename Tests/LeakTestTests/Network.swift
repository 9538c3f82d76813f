// SPDX-License-Identifier: MIT
import CLinux
import Glibc
@testable import LeakTest
import Wire

/// A machine with three links, `tun0`, `eth0` and `lan0`, and the world at their other ends, in two namespaces nobody else can see.
///
/// The calling thread is on the machine afterwards. The namespaces go with the last thread and socket in them.
struct Network {
    static let tunnel = ServerAddress(IPAddress("10.64.0.1")!)
    static let outside = ServerAddress(IPAddress("198.51.100.53")!)
    static let outside6 = ServerAddress(IPAddress("2001:db8:1::53")!)
    static let lan = ServerAddress(IPAddress("192.168.77.1")!)
    static let lan6 = ServerAddress(IPAddress("fd77::1")!)
    /// Reached in the tunnel by packets marked 0x01…, outside by all others.
    static let marked = ServerAddress(IPAddress("203.0.113.9")!)
    /// A message without a question, answered at once by all servers.
    static let greeting = [UInt8](repeating: 0, count: 12)
    static let servers = [marked, tunnel, outside, outside6, lan, lan6]

    private let machine: Int32
    private let world: Int32

    init() throws {
        world = try Self.freshNamespace()
        machine = try Self.freshNamespace()
        let place = "/proc/\(getpid())/fd/\(world)"
        try shell(
            """
            ip link set lo up
            for link in tun0 eth0 lan0; do
                ip link add $link type veth peer name $link address 02:00:00:00:00:01 netns \(place)
            done
            ip address add 10.64.0.2/24 dev tun0
            ip address add 198.51.100.2/24 dev eth0
            ip address add 2001:db8:1::2/64 dev eth0 nodad
            ip address add 192.168.77.2/24 dev lan0
            ip address add fd77::2/64 dev lan0 nodad
            for link in tun0 eth0 lan0; do ip link set $link up; done
            # Neighbours on a link that is a millisecond old answer only the second solicitation, a second later.
            neighbour() { ip neighbour add $1 lladdr 02:00:00:00:00:01 dev $2 nud permanent; }
            neighbour 10.64.0.1 tun0
            neighbour 198.51.100.53 eth0
            neighbour 2001:db8:1::53 eth0
            neighbour 192.168.77.1 lan0
            neighbour fd77::1 lan0
            ip route add default via 198.51.100.53 dev eth0
            ip rule add fwmark 0x01000000/0xff000000 lookup 100
            ip route add default via 10.64.0.1 dev tun0 table 100
            """)
        try inWorld {
            try shell(
                """
                ip link set lo up
                ip address add 203.0.113.9/32 dev lo
                ip address add 10.64.0.1/24 dev tun0
                ip address add 198.51.100.53/24 dev eth0
                ip address add 2001:db8:1::53/64 dev eth0 nodad
                ip address add 192.168.77.1/24 dev lan0
                ip address add fd77::1/64 dev lan0 nodad
                for link in tun0 eth0 lan0; do ip link set $link up; done
                """)
        }
    }

    func close() {
        Glibc.close(world)
        Glibc.close(machine)
    }

    /// Waits until every server answers: the kernel may notice late that a link has a carrier, and drops what is sent before.
    static func waitForServers() throws {
        for (server, device) in zip(servers, ["eth0", "tun0", "eth0", "eth0", "lan0", "lan0"]) {
            let answers = (0..<10).contains { _ in Handling.Hop(server: server, device: device).ask(greeting) != nil }
            guard answers else { throw SetupError(description: "\(server) does not answer by \(device)") }
        }
    }

    func inWorld<Value>(_ body: () throws -> Value) throws -> Value {
        guard sluice_setns(world, SLUICE_NEWNET) == 0 else { throw SetupError(description: "setns: \(errno)") }
        defer { precondition(sluice_setns(machine, SLUICE_NEWNET) == 0, "no way back") }
        return try body()
    }

    private static func freshNamespace() throws -> Int32 {
        guard sluice_unshare(SLUICE_NEWNET) == 0 else { throw SetupError(description: "unshare: \(errno)") }
        let descriptor = unsafe open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SetupError(description: "open ns/net: \(errno)") }
        return descriptor
    }
}
