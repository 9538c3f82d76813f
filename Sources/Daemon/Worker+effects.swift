// SPDX-License-Identifier: MIT
import Kernel
import Logging
import Policy
import Resolving
import Rules
import SecureUpstreams
import Steering
import Upstreams
import Wire

extension Worker {
    /// Does what the resolver wants done, in its order, until it wants no more; but what is for the kernel together and last, since a transaction
    /// costs more (20 µs) than the element in it.
    func carryOut() {
        while !resolver.effects.isEmpty {
            // Two lists in turn, so that none is made anew.
            var effects = spareEffects
            spareEffects = []
            swap(&effects, &resolver.effects)
            var commits: [(id: CommitID, changes: [SetChange])] = []
            for effect in effects {
                switch effect {
                case .reply(let client, let reply, let source): send(reply, to: client, from: source)
                case .ask(let id, let ask, _, let message) where ask.server.isSecure: secure.ask(id.number, ask, message)
                case .ask(let id, let ask, let transport, let message):
                    open(id, ask, transport, message)
                case .close(let id): if !upstreams.close(id.number) { secure.close(id.number) }
                case .commit(let id, let changes): commits.append((id, changes))
                case .note(let note): if !watchers.isEmpty { tell(Happening(note)) }
                }
            }
            // What a burst took is given back.
            if effects.capacity > Self.mostSpareEffects { effects = [] } else { effects.removeAll(keepingCapacity: true) }
            swap(&effects, &spareEffects)
            guard !commits.isEmpty else { continue }
            let refused = commit(commits.count == 1 ? commits[0].changes : commits.flatMap(\.changes))
            for (id, changes) in commits { resolver.committed(id, refused: refused.isEmpty ? [] : changes.filter(refused.contains)) }
        }
    }

    /// Writes changes into the kernel and reads its acknowledgement. Returns what is not in it.
    private func commit(_ changes: [SetChange]) -> [SetChange] {
        do throws(KernelError) {
            let bearable = plan?.trafficClasses.count ?? 0
            // While the kernel has refused the table that would have them all.
            let isBehind = bearable < resolver.snapshot.trafficClasses.all.count
            let refused = try sets.commit(isBehind ? changes.map { $0.bearing(below: bearable) } : changes)
            for refusal in refused { log.warning("\(refusal.change.address) is not steered: \(refusal.error)") }
            steered += changes.lazy.filter(\.isNewInTunnel).map(\.address)
            tellSteered(at: .now)
            let kept = Set(refused.map(\.change))
            return isBehind ? changes.filter { kept.contains($0.bearing(below: bearable)) } : refused.map(\.change)
        } catch {
            log.error("addresses are not steered: \(error)")
            if case .missing = error { supervisor.post(.tableMissing) }
            return changes
        }
    }

    /// Tells the supervisor which addresses have become a tunnel's: at once, then together what comes within a quarter of a second, since each
    /// word makes it look at everything it looks after (90 µs).
    func tellSteered(at now: Instant) {
        guard !steered.isEmpty, now >= nextSteered else { return }
        nextSteered = now + 250
        supervisor.post(.steered(steered))
        steered = []
    }

    private func open(_ id: AskID, _ ask: Ask, _ transport: Transport, _ message: [UInt8]) {
        if ask.path == .tunnel, ask.node == nil { lookups.noteAsked() }
        guard let opened = upstreams.open(id.number, ask, transport == .udp ? .udp : .tcp, message) else {
            return resolver.lost(id, .unreachable, at: .now)
        }
        guard opened.isNew else { return }
        let socket = opened.socket
        poller.add(socket.fd, token: Token(.upstream, UInt64(opened.place)).raw, socket.wantsWrite ? [.read, .write] : .read)
    }

    /// The socket in this place is ready.
    func proceed(at place: Int) {
        guard let (question, socket) = upstreams.at(place) else { return }
        let couldWrite = socket.wantsWrite
        switch socket.proceed(&room) {
        case .nothingYet:
            if couldWrite, !socket.wantsWrite { poller.change(socket.fd, token: Token(.upstream, UInt64(place)).raw, .read) }
        case .lost: resolver.lost(AskID(number: question), .unreachable, at: .now)
        case .packet(let packet):
            if socket.path == .tunnel, socket.node == nil { lookups.noteAnswered() }
            resolver.reply(to: AskID(number: question), packet.span, at: .now)
        }
    }
}

extension Happening {
    fileprivate init(_ note: Note) {
        let addresses = note.addresses.prefix(4).map(\.description).joined(separator: " ") + (note.addresses.count > 4 ? " …" : "")
        let more = note.more > 0 ? " (and \(note.more) more)" : ""
        switch note.kind {
        case .guarded(let reason): self.init(.guarded, "\(note.name) \(addresses) \(reason.rawValue)\(more)")
        case .excess: self.init(.guarded, "\(note.name) \(addresses) no room\(more)")
        case .rebinding: self.init(.rebinding, "\(note.name) \(addresses)\(more)")
        case .narrowed: self.init(.conflict, "\(note.name) \(addresses) left out, owed to the tunnel\(more)")
        case .conflict: self.init(.conflict, "\(note.name) \(addresses) goes in the tunnel\(more)")
        }
    }
}

extension SetChange {
    fileprivate var isNewInTunnel: Bool {
        switch (route, change) {
        case (.tunnel, .add): true
        case (.tunnel, .remove), (.direct, _), (.lan, _): false
        }
    }
}
