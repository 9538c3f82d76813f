// SPDX-License-Identifier: MIT
import Glibc
import Policy
import Resolving
import Upstreams
import Wire

extension Worker {
    /// Questions by UDP.
    func receive(at index: Int) {
        let now = Instant.now
        let door = doors[index]
        door.udp.receive { packet, number, room in
            guard door.udp.isFromLoopback(number) || isAdmitted(door.udp.origin(of: number)) else { return nil }
            if let size = resolver.reply(to: packet, from: door.app, .udp, at: now, into: &room) { return size }
            take(packet, from: UDPClient(listener: index, origin: door.udp.origin(of: number)), door.app, at: now)
            return nil
        }
    }

    private func isAdmitted(_ origin: UDPListener.Origin) -> Bool { origin.address.map(situation.admits) ?? false }

    private func take(_ packet: Span<UInt8>, from asker: UDPClient, _ app: App, at now: Instant) {
        switch Received(packet) {
        case .ignored: break
        case .reply(let reply): doors[asker.listener].udp.send(reply, to: asker.origin)
        case .query(let query):
            let slot = freeOrigins.popLast() ?? origins.count
            if slot == origins.count { origins.append(nil) }
            origins[slot] = asker
            resolver.receive(query, from: Client(token: Token(.udp, UInt64(slot)).raw, transport: .udp, app: app), at: now)
        }
    }

    func accept(at index: Int) {
        let now = Instant.now
        while let (fd, peer) = doors[index].tcp.accept() {
            let connection = TCPConnection(fd, app: doors[index].app, at: now)
            guard situation.admits(peer) else { continue }
            if connections.count >= Self.mostConnections, let idlest = connections.min(by: { $0.value.lastUse < $1.value.lastUse }) {
                connections[idlest.key] = nil
            }
            let number = connectionNumber()
            connections[number] = connection
            poller.add(fd, token: Token(.connection, number).raw)
        }
    }

    /// A client's connection is ready.
    func serve(_ number: UInt64, _ events: Poller.Interest) {
        guard let connection = connections[number] else { return }
        let now = Instant.now
        if events.contains(.write), !finish(number, connection) { return }
        guard let messages = connection.receive(at: now) else {
            connections[number] = nil
            return
        }
        for message in messages {
            switch Received(message.span) {
            case .ignored: connections[number] = nil
            case .reply(let reply): send(reply, toConnection: number)
            case .query(let query):
                let client = Client(token: Token(.connection, number).raw, transport: .tcp, app: connection.app)
                resolver.receive(query, from: client, at: now)
            }
        }
    }

    private func finish(_ number: UInt64, _ connection: TCPConnection) -> Bool {
        guard connection.flush() else {
            connections[number] = nil
            return false
        }
        poller.change(connection.fd, token: Token(.connection, number).raw, connection.wantsWrite ? [.read, .write] : .read)
        return true
    }

    func send(_ reply: [UInt8], toConnection number: UInt64) {
        guard let connection = connections[number] else { return }
        guard connection.send(reply, at: .now) else {
            connections[number] = nil
            return
        }
        if connection.wantsWrite { poller.change(connection.fd, token: Token(.connection, number).raw, [.read, .write]) }
    }

    /// A reply on its way to whoever asked.
    func send(_ reply: [UInt8], to client: Client, from source: Source) {
        let token = Token(raw: client.token)
        switch token.kind {
        case .udp:
            let slot = Int(token.number)
            guard let asker = origins[slot] else { return }
            doors[asker.listener].udp.send(reply, to: asker.origin)
            origins[slot] = nil
            freeOrigins.append(slot)
        case .connection: send(reply, toConnection: token.number)
        case .controlConnection: answerQuery(token.number, reply, source)
        case .tcp, .upstream, .secure, .inbox, .control: break
        }
    }
}
