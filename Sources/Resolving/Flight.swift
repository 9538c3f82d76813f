// SPDX-License-Identifier: MIT
import Policy
import Wire

/// One question on its way to the servers of one path, however many wait for it. One object, changed on its `FlightBoard` only: as a value it was
/// copied again and again.
final class Flight {
    struct Waiter {
        let query: Query
        let client: Client
    }

    /// One packet sent, on a socket of its own that stays open until the flight ends: a slow reply is still a reply.
    final class Sent {
        let ask: AskID
        let wording: Wording
        let server: Int
        let transport: Transport
        let at: Instant
        var isLost = false
        /// Whether its server was noted as silent.
        var isCounted = false

        init(ask: AskID, wording: Wording, server: Int, transport: Transport, at: Instant) {
            self.ask = ask
            self.wording = wording
            self.server = server
            self.transport = transport
            self.at = at
        }
    }

    enum Purpose {
        case client
        /// `LookAhead`, `NAT64Search`, an answer that is soon over: of ours; clients may wait as well.
        case ahead, search, refresh
    }

    let key: Cache.Key
    /// The question as its first asker wrote it.
    let query: Query
    let decision: Decision
    let asks: [Ask]
    let began: Instant
    /// When those who wait are told that nothing came.
    var until: Instant
    /// What it is for besides those who wait.
    var purpose: Purpose
    var waiters: [Waiter]
    /// Their numbers, in the order of `asks`.
    var servers: [Int] = []
    /// Servers, by their places in `asks`, that minded EDNS in this flight.
    var plain: Set<Int> = []
    /// Servers, by their places in `asks`, in the order they are asked.
    var order: [Int] = []
    var sent: [Sent] = []
    /// When the next attempt is due.
    var due: Instant

    init(
        _ key: Cache.Key, _ query: Query, _ decision: Decision, _ asks: [Ask], for purpose: Purpose = .client, waiters: [Waiter] = [],
        began: Instant, until: Instant? = nil
    ) {
        self.key = key
        self.query = query
        self.decision = decision
        self.asks = asks
        self.began = began
        self.until = until ?? began + Self.patience
        self.purpose = purpose
        self.waiters = waiters
        due = began
    }

    /// When those who wait get what is over, if something is kept (RFC 8767 section 5).
    var staleDue: Instant?
    /// The best bad news so far, passed on if no good one comes.
    var failure: (code: ResponseCode, error: ExtendedError?)?

    /// From question to SERVFAIL at the latest: before a client's own five seconds are over (resolv.conf(5)), also on a busy machine.
    static let patience: Int64 = 4800
    /// From one attempt to the next, while another server can be asked, or packets were lost lately: a lost one costs less than half a second, and
    /// a dead server is left in that time.
    static let eager: [Int64] = [400, 600, 800, 1200, 1800]
    /// The same where nothing says that anything was lost: a cold name takes its time, and is asked for once.
    private static let patient: [Int64] = [2100, 500, 600, 800, 800]
    /// An upstream that loses every second datagram is still reached, since the kernel repeats what goes by TCP; and no server is sent more than
    /// three datagrams (RFC 9520 section 3.2).
    static let transports: [Transport] = [.udp, .udp, .tcp, .udp, .tcp]
    static let tcpInterval: Int64 = 2500
    /// Servers asked at once where all are raced.
    static let mostRaced = 3
    /// RFC 8767 section 5: the client response timer.
    static let staleDelay: Int64 = 1800

    /// The server after the one asked last; the first again after the last.
    var nextServer: Int {
        guard let last = sent.last, let place = order.firstIndex(of: last.server) else { return order.first ?? 0 }
        return order[(place + 1) % order.count]
    }

    /// Whether it had less time than a question has: its first way was lost, and those who wait had waited there.
    var isCutShort: Bool { until - began < Self.patience }

    var hasAttempts: Bool { sent.count < Self.transports.count }

    /// - Parameter losesPackets: whether the server asked did so lately.
    func interval(_ losesPackets: Bool) -> Int64 { (asks.count > 1 || losesPackets ? Self.eager : Self.patient)[sent.count] }

    /// Whether every packet sent so far is known to be lost, and every server was tried.
    var isHopeless: Bool { sent.allSatisfy(\.isLost) && Set(sent.map(\.server)).count == asks.count }

    /// When it is to be looked at again.
    var nextDue: Instant { staleDue.map { min($0, due) } ?? due }
}
