// SPDX-License-Identifier: MIT
import Kernel
import Logging
import Resolving
import Steering
import Upstreams
import Wire

extension Worker {
    /// Does what the resolver wants done, in its order, until it wants no more.
    func carryOut() {
        while !resolver.effects.isEmpty {
            let effects = resolver.effects
            resolver.effects.removeAll(keepingCapacity: true)
            for effect in effects {
                switch effect {
                case .reply(let client, let reply, let source): send(reply, to: client, from: source)
                case .ask(let id, let ask, let transport, let message):
                    guard let socket = UpstreamSocket(ask, transport == .udp ? .udp : .tcp, message) else {
                        resolver.lost(id, .unreachable, at: .now)
                        continue
                    }
                    upstreams[id] = socket
                    poller.add(socket.fd, token: Token(.upstream, id.number).raw, socket.wantsWrite ? [.read, .write] : .read)
                case .close(let ids): for id in ids { upstreams[id] = nil }
                case .commit(let id, let changes): resolver.committed(id, refused: commit(changes))
                case .note(let note): if !watchers.isEmpty { tell(Happening(note)) }
                }
            }
        }
    }

    /// Writes changes into the kernel and reads its acknowledgement. Returns what is not in it.
    private func commit(_ changes: [SetChange]) -> [SetChange] {
        do throws(KernelError) {
            let refused = try sets.commit(changes)
            for refusal in refused { log.warning("\(refusal.change.address) is not steered: \(refusal.error)") }
            let steered = changes.filter(\.isNewInTunnel).map(\.address)
            if !steered.isEmpty { supervisor.post(.steered(steered)) }
            return refused.map(\.change)
        } catch {
            log.error("addresses are not steered: \(error)")
            if case .missing = error { supervisor.post(.tableMissing) }
            return changes
        }
    }

    /// An upstream's socket is ready.
    func proceed(_ id: AskID) {
        guard let socket = upstreams[id] else { return }
        let couldWrite = socket.wantsWrite
        switch socket.proceed(&room) {
        case .nothingYet:
            if couldWrite, !socket.wantsWrite { poller.change(socket.fd, token: Token(.upstream, id.number).raw, .read) }
        case .lost: resolver.lost(id, .unreachable, at: .now)
        case .packet(let packet): resolver.reply(to: id, packet.span, at: .now)
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
