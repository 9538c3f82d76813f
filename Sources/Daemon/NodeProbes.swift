// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Policy
import Tunnels
import Upstreams
import Wire

/// The probes of one node that are on their way: each on a socket of its own that can leave by its device only.
struct NodeProbes {
    /// What became of a probe.
    enum Outcome {
        /// Microseconds from its sending.
        case answered(after: Int64)
        /// Nobody listens there, says the machine of its resolver.
        case refused
        /// The kernel, or somebody on the way, does not let it through: no answer will come, and nothing is known.
        case held
        /// Not of a probe: something came out of the tunnel.
        case heard
    }

    private struct Probe {
        let number: UInt64
        let socket: UpstreamSocket
        let id: UInt16
        let sent: Int64
        /// Whether it is a connection only: what its resolvers speak cannot be asked in the clear.
        let isKnock: Bool
    }

    private let device: String
    private let node: Node?
    private let resolvers: [ServerAddress]
    private var probes: [Probe] = []
    /// Connections begun at a resolver that is late: its machine takes or refuses them where only the resolver is silent.
    private var knocks: [UpstreamSocket] = []
    /// Which of the resolvers is asked: the one that answered last, or, while none does, each in its turn.
    private var turn = 0

    /// More on their way than this, and the first is given up.
    private static let most = 64
    private static let mostKnocks = 4

    init(of device: String, _ node: Node?, _ resolvers: [ServerAddress]) {
        self.device = device
        self.node = node
        // One who can be asked in the clear says more than one at whom we can only knock.
        let plain = resolvers.filter { !$0.isSecure }
        self.resolvers = plain.isEmpty ? resolvers : plain
    }

    /// Asks for the root's name servers, which every resolver knows. Nothing is on its way afterwards where the kernel knows that nothing can be.
    /// - Parameter isLate: whether earlier ones are: then all resolvers are asked in turn, and it is tried whether the tunnel carries at all.
    mutating func send(_ number: UInt64, id: UInt16, isLate: Bool, to poller: borrowing Poller, token: UInt64) {
        guard !resolvers.isEmpty else { return }
        if isLate { turn = (turn + 1) % resolvers.count }
        let server = resolvers[turn]
        let ask = Ask(.tunnel, server, by: node)
        if isLate, !server.isSecure, let knock = UpstreamSocket(knockingAt: ask, device: device) {
            if knocks.count >= Self.mostKnocks { knocks.removeFirst() }
            knocks.append(knock)
            poller.add(knock.fd, token: token, .write)
        }
        let sent = Self.now
        let socket =
            server.isSecure
            ? UpstreamSocket(knockingAt: ask, device: device) : UpstreamSocket(ask, .udp, Self.question(id: id), device: device)
        guard let socket else { return }
        if probes.count >= Self.most { probes.removeFirst() }
        probes.append(Probe(number: number, socket: socket, id: id, sent: sent, isKnock: server.isSecure))
        poller.add(socket.fd, token: token, server.isSecure ? .write : .read)
    }

    /// What has come since.
    mutating func take(_ room: inout [UInt8]) -> [(number: UInt64, outcome: Outcome)] {
        var outcomes: [(UInt64, Outcome)] = []
        probes.removeAll { probe in
            guard let outcome = Self.outcome(of: probe, &room) else { return false }
            outcomes.append((probe.number, outcome))
            return true
        }
        knocks.removeAll { knock in
            guard let code = knock.knocked else { return false }
            if code == 0 || code == ECONNREFUSED { outcomes.append((0, .heard)) }
            return true
        }
        return outcomes
    }

    mutating func forget() { (probes, knocks) = ([], []) }

    private static func outcome(of probe: Probe, _ room: inout [UInt8]) -> Outcome? {
        func failed(_ code: Int32) -> Outcome { code == ECONNREFUSED ? .refused : .held }
        if probe.isKnock { return probe.socket.knocked.map { $0 == 0 ? .answered(after: now - probe.sent) : failed($0) } }
        switch probe.socket.proceed(&room) {
        case .packet(let bytes):
            let isReply = bytes.count >= 12 && UInt16(bytes[0]) << 8 | UInt16(bytes[1]) == probe.id && bytes[2] & 0x80 != 0
            return isReply ? .answered(after: now - probe.sent) : nil
        case .lost: return failed(probe.socket.failure)
        case .nothingYet: return nil
        }
    }

    private static func question(id: UInt16) -> [UInt8] {
        [UInt8(id >> 8), UInt8(truncatingIfNeeded: id), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1]
    }

    /// Microseconds of the monotonic clock.
    private static var now: Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}
