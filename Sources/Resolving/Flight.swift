// SPDX-License-Identifier: MIT
import Policy
import Wire

/// One question on its way to the servers of one path, however many wait for it.
struct Flight {
    struct Waiter {
        let query: Query
        let client: Client
    }

    /// One packet sent, on a socket of its own that stays open until the flight ends: a slow reply is still a reply.
    struct Sent {
        let ask: AskID
        let id: UInt16
        let server: Int
        let transport: Transport
        var isLost = false
    }

    enum Purpose {
        case client
        /// `LookAhead`, `NAT64Search`: of ours; clients may wait as well.
        case ahead, search
    }

    let key: Cache.Key
    /// What it is for besides those who wait.
    var purpose = Purpose.client
    /// The question as its first asker wrote it.
    let query: Query
    let decision: Decision
    let asks: [Ask]
    let began: Instant
    var waiters: [Waiter]
    var sent: [Sent] = []
    /// When the next attempt is due.
    var due: Instant
    /// The best bad news so far, passed on if no good one comes.
    var failure: (code: ResponseCode, error: ExtendedError?)?

    /// From question to SERVFAIL at the latest.
    static let patience: Int64 = 5000
    /// From one attempt to the next: five in all, so that an upstream that loses half its packets is asked often enough
    /// and one that is dead is left within a second.
    static let intervals: [Int64] = [800, 800, 1000, 1200, 1200]
    static let tcpInterval: Int64 = 2500

    /// The server after the one asked last; the first again after the last.
    var nextServer: Int { sent.last.map { ($0.server + 1) % asks.count } ?? 0 }

    /// Whether every packet sent so far is known to be lost, and every server was tried.
    var isHopeless: Bool { sent.allSatisfy(\.isLost) && Set(sent.map(\.server)).count == asks.count }
}
