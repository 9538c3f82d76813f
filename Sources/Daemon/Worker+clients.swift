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
        while true {
            switch doors[index].tcp.accept() {
            case .none: return
            case .noRoom:
                // Sockets that lie ready make room, then who has asked nothing for longest; without any, the listener is left alone for a moment,
                // or it would never rest.
                guard upstreams.giveUpReady() || closeIdlest() else { return rest(index) }
            case .connection(let fd, let peer):
                let connection = TCPConnection(fd, app: doors[index].app, at: now)
                guard situation.admits(peer) else { continue }
                if connections.count >= Self.mostConnections { _ = closeIdlest() }
                let number = connectionNumber()
                connections[number] = connection
                poller.add(fd, token: Token(.connection, number).raw)
            }
        }
    }

    private func closeIdlest() -> Bool {
        guard let idlest = connections.min(by: { $0.value.isIdler(than: $1.value) }) else { return false }
        connections[idlest.key] = nil
        return true
    }

    private func rest(_ index: Int) {
        poller.remove(doors[index].tcp.fd)
        resting.insert(index)
    }

    /// Listeners for which there was no descriptor are heard again.
    func wakeListeners() {
        for index in resting { poller.add(doors[index].tcp.fd, token: Token(.tcp, UInt64(index)).raw) }
        resting = []
    }

    /// A client's connection is ready.
    func serve(_ number: UInt64, _ events: Poller.Interest) {
        guard let connection = connections[number] else { return }
        let now = Instant.now
        if events.contains(.write), !finish(number, connection) { return }
        guard !connection.hasEnded, let messages = connection.receive(at: now) else {
            // It asks no more; it hangs up, or waits for what it is owed.
            if !connection.hasEnded || !events.isDisjoint(with: .broken) || connection.isOver { connections[number] = nil }
            return
        }
        if connection.hasEnded { poller.change(connection.fd, token: Token(.connection, number).raw, connection.interest) }
        for message in messages {
            var room = tcpRoom.mutableSpan
            if let size = resolver.reply(to: message.span, from: connection.app, .tcp, at: now, into: &room) {
                connection.queue(tcpRoom[..<size], at: now)
                continue
            }
            switch Received(message.span, idle: UInt16(TCPConnection.idle / 1000)) {
            case .ignored: connections[number] = nil
            case .reply(let reply): send(reply, toConnection: number)
            case .query(let query):
                let client = Client(token: Token(.connection, number).raw, transport: .tcp, app: connection.app)
                connection.owed += 1
                resolver.receive(query, from: client, at: now)
            }
        }
        // What was ready, in one piece.
        if connection.wantsWrite { flush(number, connection) }
    }

    private func finish(_ number: UInt64, _ connection: TCPConnection) -> Bool {
        guard connection.flush() else {
            connections[number] = nil
            return false
        }
        if connection.isOver { connections[number] = nil }
        poller.change(connection.fd, token: Token(.connection, number).raw, connection.interest)
        return !connection.isOver
    }

    func send(_ reply: [UInt8], toConnection number: UInt64) {
        guard let connection = connections[number] else { return }
        connection.queue(reply[...], at: .now)
        connection.owed = max(0, connection.owed - 1)
        flush(number, connection)
    }

    private func flush(_ number: UInt64, _ connection: TCPConnection) {
        guard connection.flush() else {
            connections[number] = nil
            return
        }
        if connection.isOver { connections[number] = nil }
        if connection.wantsWrite { poller.change(connection.fd, token: Token(.connection, number).raw, connection.interest) }
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

extension TCPConnection {
    /// What is to be heard of it.
    fileprivate var interest: Poller.Interest { Poller.Interest((hasEnded ? [] : [.read]) + (wantsWrite ? [.write] : [])) }
}
