// SPDX-License-Identifier: MIT
import Policy
import Wire

/// What is known of a server on its path: whether it answers, and which manners it has.
struct Standing {
    /// Attempts in a row that nobody answered.
    private(set) var silences = 0
    /// Until when others are asked first.
    private(set) var restsUntil: Instant?
    /// Until when packets to it or from it are thought to be lost.
    private var lossyUntil = Instant(milliseconds: 0)
    /// Our cookie for it, once it was made, and its own, as it gave it last (RFC 7873).
    var ownCookie: [UInt8]?
    var cookie: [UInt8] = []
    /// Whether it has shown that it speaks EDNS, or that it does not; nil: it has said nothing yet.
    private(set) var speaksEDNS: Bool?
    /// Whether it repeats a name as it was spelled.
    private(set) var keepsSpelling = true
    /// When bad manners are forgotten: servers are mended, and a forged packet must not count for ever.
    private var mannersUntil = Instant(milliseconds: 0)

    /// Attempts that go unanswered before it rests.
    static let mostSilences = 3
    /// The first rest, doubled each time up to the longest, in milliseconds.
    static let rest: Int64 = 2000
    static let longestRest: Int64 = 60_000
    static let mannersKept: Int64 = 3_600_000
    static let lossRemembered: Int64 = 600_000

    func losesPackets(at now: Instant) -> Bool { lossyUntil > now }
    /// It answered a later question, and not the same one before.
    mutating func lostPacket(at now: Instant) { lossyUntil = now + Self.lossRemembered }

    mutating func answered(_ edns: EDNS?) {
        silences = 0
        restsUntil = nil
        if edns != nil { speaksEDNS = true }
        if let cookie = edns?.cookie { self.cookie = Array(cookie.dropFirst(Wording.clientCookieSize)) }
    }

    mutating func wasSilent(at now: Instant) {
        silences += 1
        if silences >= Self.mostSilences { rests(from: now) }
    }

    /// For longer with each silence. When it is over, one question finds out whether it answers again; the next one may only after another.
    mutating func rests(from now: Instant) {
        restsUntil = now + min(Self.rest << Int64(min(max(0, silences - Self.mostSilences), 8)), Self.longestRest)
    }

    /// A server's part is bound to the address it saw.
    mutating func forgetCookies() { (ownCookie, cookie) = (nil, []) }

    mutating func changesSpelling(at now: Instant) { (keepsSpelling, mannersUntil) = (false, now + Self.mannersKept) }
    mutating func mindsEDNS(at now: Instant) { (speaksEDNS, mannersUntil) = (false, now + Self.mannersKept) }

    mutating func forgive(at now: Instant) {
        guard mannersUntil <= now else { return }
        keepsSpelling = true
        if speaksEDNS == false { speaksEDNS = nil }
    }
}

/// All servers that were asked lately, by numbers that stay theirs.
struct Servers {
    private var numbers: [Ask: Int] = [:]
    private var asks: [Ask] = []
    private var standings: [Standing] = []
    /// Whose number the next one gets when there are too many.
    private var victim = 0

    /// They come from configuration and networks, not from questions.
    private static let most = 256

    mutating func number(of ask: Ask) -> Int {
        if let number = numbers[ask] { return number }
        guard asks.count >= Self.most else {
            numbers[ask] = asks.count
            asks.append(ask)
            standings.append(Standing())
            return asks.count - 1
        }
        victim = (victim + 1) % Self.most
        numbers[asks[victim]] = nil
        numbers[ask] = victim
        asks[victim] = ask
        standings[victim] = Standing()
        return victim
    }

    subscript(_ number: Int) -> Standing {
        _read { yield standings[number] }
        _modify { yield &standings[number] }
    }

    /// The order in which they are asked, as places in `servers`: as configured, those that rest last; and one that has rested and is tried beside
    /// the first.
    func order(_ servers: [Int], at now: Instant) -> (order: [Int], trial: Int?) {
        guard servers.count > 1, servers.contains(where: { standings[$0].restsUntil != nil }) else { return (Array(servers.indices), nil) }
        let awake = servers.indices.filter { standings[servers[$0]].restsUntil == nil }
        let resting = servers.indices.filter { standings[servers[$0]].restsUntil != nil }
        let rested = resting.first { standings[servers[$0]].restsUntil.map { $0 <= now } ?? false }
        return (awake + resting, awake.isEmpty ? nil : rested)
    }

    /// The same address by another way is another server.
    mutating func forget(_ isMoved: (Ask) -> Bool) {
        for (number, ask) in asks.enumerated() where isMoved(ask) { standings[number] = Standing() }
    }

    mutating func forgetCookies() { for number in standings.indices { standings[number].forgetCookies() } }
}
