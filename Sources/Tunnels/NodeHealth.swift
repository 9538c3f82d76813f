// SPDX-License-Identifier: MIT
import Wire

/// Whether one node is there, how fast, and when to ask it: what was seen of it goes in, with the time; when to send a probe comes out.
///
/// First by what costs nothing: packets that go in and none that come out make it a suspect. So does a probe that is late. A burst of probes at a
/// tenth of the interval then decides, so that the loss of a single one changes nothing and death is seen within the interval. Probes go in the
/// tunnel only, and those that are answered after all still count.
package struct NodeHealth: Hashable, Sendable {
    package struct Settings: Hashable, Sendable {
        /// Between two probes of a node that is well, in milliseconds.
        package let interval: Int64
        /// The median round trip above which it is slow, in milliseconds.
        package let latency: Int64
        /// Half the probes of a burst.
        package let failures: Int

        package init(interval: Int64, latency: Int64, failures: Int) {
            self.interval = interval
            self.latency = latency
            self.failures = failures
        }
    }

    package enum Condition: String, Hashable, Sendable, CaseIterable {
        /// No probe was answered since its device is there.
        case new
        case alive
        /// Alive, with round trips above the limit.
        case slow
        /// Something is late; a burst decides.
        case suspect
        /// The tunnel carries, its resolver does not answer.
        case mute
        /// Nothing comes back.
        case dead
    }

    /// A probe on its way.
    private struct Probe: Hashable {
        let number: UInt64
        let sent: Instant
        /// Whether its lateness was noticed.
        var isLate = false
    }

    private struct Suspicion: Hashable {
        /// Probes of the burst that have gone.
        var sent = 0
        var latest: Instant
        /// Whether anything came out of the tunnel since.
        var heard = false
    }

    private enum Phase: Hashable {
        case new, well, mute
        case suspect(Suspicion)
        /// Milliseconds to the next probe but one.
        case dead(wait: Int64)
    }

    private let settings: Settings
    private var phase = Phase.new
    private var isSlow = false
    private var probes: [Probe] = []
    private var last: UInt64 = 0
    private var nextProbe: Instant
    private var extra = 0
    /// Those that `measure` wants, and how they were answered.
    private var wanted: ClosedRange<UInt64>?
    private var measured = RoundTrips()
    private var received: UInt64?
    private var sent: UInt64 = 0
    /// Our own probes among them.
    private var probesCounted: UInt64 = 0
    private var answered: UInt64?
    private var asked: UInt64 = 0
    /// When something went in of which nothing has come back yet; when a lookup did; and when something that is no probe of ours.
    private var unansweredSince: Instant?
    private var unansweredLookup: Instant?
    private var unansweredOthers: Instant?
    /// Of a mute node: whether anything came out of it since it is.
    private var carries = false
    /// Round trips since the device is there.
    package private(set) var trips = RoundTrips()
    /// Since when it has been alive and fast enough, whatever single probes were lost; nil: it is not.
    package private(set) var steadySince: Instant?
    /// When its counters are to be read next.
    package private(set) var nextCount: Instant

    /// See `lifetime`, at least.
    private static let lifetime: Int64 = 2000
    /// Between two probes of a node that has not answered yet, in milliseconds, at most.
    private static let eager: Int64 = 250
    /// Between two probes of a dead one, in milliseconds, at most.
    private static let longestWait: Int64 = 5000
    /// WireGuard's Keepalive-Timeout and Rekey-Timeout together, in milliseconds: whoever is there has said something by then.
    private static let silence: Int64 = 15_000
    /// Between two probes of a measurement, in milliseconds, at most.
    private static let longestSpacing: Int64 = 100
    /// Nothing is decided in steps shorter than this, in milliseconds.
    private static let shortest: Int64 = 10

    package init(_ settings: Settings, at now: Instant) {
        self.settings = settings
        nextProbe = now
        nextCount = now
    }

    package var condition: Condition {
        switch phase {
        case .new: .new
        case .well: isSlow ? .slow : .alive
        case .suspect: .suspect
        case .mute: .mute
        case .dead: .dead
        }
    }

    /// The middle of its last round trips, in microseconds; nil: too few are known.
    package var latency: Int64? { trips.median(ofLast: window) ?? trips.p50 }

    /// When `tick` may have something to do.
    package var due: Instant {
        var due = nextProbe
        switch phase {
        case .well:
            if let first = probes.first(where: { !$0.isLate }) { due = min(due, first.sent + patience) }
            for unanswered in [unansweredSince, unansweredLookup] { if let unanswered { due = min(due, unanswered + patience) } }
        case .suspect(let suspicion) where isSpent(suspicion): due = suspicion.latest + lastPatience
        case .mute: if let unansweredOthers, carries { due = min(due, unansweredOthers + certainty) }
        case .suspect, .new, .dead: break
        }
        if isMeasuring, let first = probes.first { due = min(due, first.sent + lifetime + 1) }
        return due
    }

    // MARK: What happens

    /// Whatever time has brought. Late by more than an interval, we have slept, and with us perhaps the machine: what did not come is no one's fault.
    /// - Parameter random: any number, for dead nodes not to be asked in step.
    /// - Returns: the number of a probe to send now.
    package mutating func tick(at now: Instant, random: UInt16) -> UInt64? {
        if now - due > max(settings.interval, 2 * Self.eager) { wake(at: now) }
        expire(at: now)
        judge(at: now)
        guard now >= nextProbe else { return nil }
        last += 1
        probes.append(Probe(number: last, sent: now))
        nextCount = min(nextCount, now + step)
        schedule(after: now, random)
        return last
    }

    /// A probe was answered.
    /// - Parameter microseconds: from its sending to its answer.
    package mutating func answered(_ number: UInt64, after microseconds: Int64, at now: Instant) {
        guard let place = probes.firstIndex(where: { $0.number == number }) else { return }
        probes.remove(at: place)
        note(number, microseconds)
        (unansweredSince, unansweredLookup, unansweredOthers) = (nil, nil, nil)
        switch phase {
        case .well: break
        case .suspect: nextProbe = now + settings.interval
        case .new, .mute, .dead:
            isSlow = false
            nextProbe = now + settings.interval
        }
        phase = .well
        // Once slow, it must be a fifth below the limit.
        isSlow = (trips.median(ofLast: window) ?? 0) > settings.latency * (isSlow ? 800 : 1000)
        steadySince = isSlow ? nil : steadySince ?? now
    }

    /// The machine of its resolver says that nobody listens there.
    package mutating func refused(_ number: UInt64, at now: Instant) {
        guard let place = probes.firstIndex(where: { $0.number == number }) else { return }
        probes.remove(at: place)
        note(number, nil)
        if case .well = phase { suspect(at: now) }
        heard(at: now)
    }

    /// What was counted so far: packets that its device has received and sent; and lookups of all that use it, those answered and those asked, nil
    /// while it is not in use.
    package mutating func counted(
        received: UInt64, sent: UInt64, lookups: (answered: UInt64, asked: UInt64)? = nil, at now: Instant
    ) {
        defer { (self.received, self.sent, probesCounted) = (received, sent, last) }
        nextCount = now + settings.interval
        if let lookups, let answered {
            if lookups.answered != answered {
                unansweredLookup = nil
            } else if lookups.asked != asked, unansweredLookup == nil {
                unansweredLookup = now
            }
        } else {
            unansweredLookup = nil
        }
        (answered, asked) = (lookups?.answered, lookups?.asked ?? 0)
        guard let before = self.received else { return }
        let isBusy = sent != self.sent
        if received != before {
            heard(at: now)
        } else if isBusy {
            unansweredSince = unansweredSince ?? now
            if sent &- self.sent > last - probesCounted { unansweredOthers = unansweredOthers ?? now }
        }
        nextCount = now + (isBusy || unansweredSince != nil ? step : settings.interval)
    }

    /// Something of it was heard: a handshake, a packet.
    package mutating func heard(at now: Instant) {
        (unansweredSince, unansweredOthers) = (nil, nil)
        switch phase {
        case .suspect(var suspicion):
            // The burst is longer now, and goes on at once.
            if isSpent(suspicion), !suspicion.heard { nextProbe = now }
            suspicion.heard = true
            phase = .suspect(suspicion)
        case .dead:
            phase = .mute
            nextProbe = min(nextProbe, now)
        case .mute: carries = true
        case .new, .well: break
        }
    }

    /// Measures now: so many probes, a tenth of the interval apart.
    package mutating func measure(_ count: Int, at now: Instant) {
        extra = count
        wanted = last + 1...last + UInt64(count)
        measured = RoundTrips()
        nextProbe = now
        // Those before have had their time.
        expire(at: now)
    }

    /// What `measure` has found; nil: it is not over, or nobody wanted it.
    package var measurement: RoundTrips? { wanted.flatMap { measured.count == $0.count ? measured : nil } }

    private mutating func note(_ number: UInt64, _ microseconds: Int64?) {
        trips.add(microseconds)
        if wanted?.contains(number) == true { measured.add(microseconds) }
    }

    // MARK: What follows

    private mutating func wake(at now: Instant) {
        probes = []
        wanted = nil
        (unansweredSince, unansweredLookup, unansweredOthers) = (nil, nil, nil)
        if case .suspect = phase { phase = .well }
        nextProbe = now
        nextCount = now
    }

    private mutating func expire(at now: Instant) {
        let oldest = now + -lifetime
        while let first = probes.first, first.sent < oldest {
            probes.removeFirst()
            note(first.number, nil)
        }
    }

    private mutating func judge(at now: Instant) {
        switch phase {
        case .well:
            let late = now + -patience
            let isSilent = [unansweredSince, unansweredLookup].contains { $0.map { $0 <= late } ?? false }
            if isSilent || probes.contains(where: { !$0.isLate && $0.sent <= late }) { suspect(at: now) }
        case .suspect(let suspicion):
            guard isSpent(suspicion), now - suspicion.latest >= lastPatience else { return }
            if suspicion.heard { (phase, carries) = (.mute, false) } else { die() }
            steadySince = nil
        // Others were answered until now: so it is not the resolver alone any more.
        case .mute where carries && unansweredOthers.map { now - $0 >= certainty } == true: suspect(at: now)
        case .new, .mute: if let unansweredSince, now - unansweredSince >= Self.silence { die() }
        case .dead: break
        }
    }

    private mutating func suspect(at now: Instant) {
        for index in probes.indices { probes[index].isLate = true }
        phase = .suspect(Suspicion(latest: now))
        nextProbe = now
    }

    private mutating func die() {
        phase = .dead(wait: settings.interval)
        unansweredSince = nil
    }

    private mutating func schedule(after now: Instant, _ random: UInt16) {
        if extra > 0 {
            extra -= 1
            // A burst goes on in its own time.
            if condition != .suspect {
                nextProbe = now + min(max(step, 2 * Self.shortest), Self.longestSpacing)
                return
            }
        }
        switch phase {
        case .well, .mute: nextProbe = now + settings.interval
        case .new: nextProbe = now + min(settings.interval, Self.eager)
        case .suspect(var suspicion):
            suspicion.sent += 1
            suspicion.latest = now
            phase = .suspect(suspicion)
            nextProbe = now + (isSpent(suspicion) ? settings.interval : step)
        case .dead(let wait):
            // Three quarters to five quarters of it.
            nextProbe = now + wait * 3 / 4 + wait * Int64(random) / 2 / 65536
            phase = .dead(wait: max(wait, min(wait * 3 / 2, Self.longestWait)))
        }
    }

    /// Whether the burst has gone: one half as long again where the tunnel carries, so that it is surely the resolver.
    private func isSpent(_ suspicion: Suspicion) -> Bool { suspicion.sent >= settings.failures * (suspicion.heard ? 3 : 2) }

    /// How long a probe may take before it is late, in milliseconds.
    private var patience: Int64 { min(max(trips.timeout ?? longest, settings.interval / 5, Self.shortest), longest) }

    /// The same for the last one of a burst: those before it have had longer.
    private var lastPatience: Int64 { min(max(trips.timeout ?? longest, step), longest) }
    private var longest: Int64 { settings.interval * Int64(max(settings.failures, 2)) }

    /// Between two probes of a burst, in milliseconds.
    private var step: Int64 { max(settings.interval / 10, Self.shortest) }
    /// How long others go without an answer before a mute node is suspected, in milliseconds.
    private var certainty: Int64 { max(3 * settings.interval, patience) }
    /// How long an answer is waited for before the probe counts as lost, in milliseconds.
    private var lifetime: Int64 { isMeasuring ? Self.lifetime : max(Self.lifetime, 3 * settings.interval) }
    private var isMeasuring: Bool { wanted.map { measured.count < $0.count } ?? false }
    /// Round trips that say whether it is slow.
    private var window: Int { 2 * settings.failures - 1 }
}
