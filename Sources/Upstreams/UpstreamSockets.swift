// SPDX-License-Identifier: MIT
import Policy

/// Sockets with a question open, and those that lie ready for one: to make a socket and close it costs 9.6 µs, to give one another port and another
/// peer 2.3 µs (measured, Linux 6.18).
///
/// Each question leaves from a port that the kernel draws for it, at random, out of `ip_local_port_range`: 28,232 as Linux has it. To draw from all
/// that are above 1024 would be one bit more to guess, and a socket made and closed for each that the kernel does not give back; the port of a
/// service that is about to start might be taken, too. And a reply with everything right but the id is not guessed at again: what it was for goes
/// by TCP.
package struct UpstreamSockets {
    private struct Place {
        let socket: UpstreamSocket
        /// The number of the question that is open on it; nil: it lies ready.
        var question: UInt64?
    }

    /// What lies ready, of sockets that can stand in for each other.
    private struct Ready {
        let kin: UpstreamSocket.Kin
        var places: [Int] = []
    }

    private static let mostReady = 64

    /// The number of a socket's place is what it is known by to epoll.
    private var places: [Place?] = []
    private var free: [Int] = []
    private var open: [UInt64: Int] = [:]
    private var ready: [Ready] = []

    package init() {}

    /// What opening a question came to.
    package struct Opened {
        package let place: Int
        package let socket: UpstreamSocket
        /// Whether its descriptor is not known to epoll yet.
        package let isNew: Bool
    }

    /// Sends a question.
    /// - Parameter question: a number never used before.
    /// - Returns: nil when the kernel knows already that the server cannot be reached, or no socket is to be had.
    package mutating func open(_ question: UInt64, _ ask: Ask, _ transport: UpstreamSocket.Kind, _ message: [UInt8]) -> Opened? {
        if transport == .udp, let place = takeReady(UpstreamSocket.Kin(ask)), let socket = places[place]?.socket {
            if socket.begin(ask, message) {
                places[place]?.question = question
                open[question] = place
                return Opened(place: place, socket: socket, isNew: false)
            }
            vacate(place)
        }
        // Where descriptors are short, those that lie ready make room.
        guard
            let socket = UpstreamSocket(ask, transport, message) ?? (giveUpReady() ? UpstreamSocket(ask, transport, message) : nil)
        else { return nil }
        let place = free.popLast() ?? places.count
        if place == places.count { places.append(nil) }
        places[place] = Place(socket: socket, question: question)
        open[question] = place
        return Opened(place: place, socket: socket, isNew: true)
    }

    /// Nobody waits for the reply any more.
    /// - Returns: whether the question was open.
    package mutating func close(_ question: UInt64) -> Bool {
        guard let place = open.removeValue(forKey: question), let socket = places[place]?.socket else { return false }
        if let kin = socket.kin, socket.end() {
            let index = ready.firstIndex { $0.kin == kin } ?? ready.count
            if index == ready.count { ready.append(Ready(kin: kin)) }
            if ready[index].places.count < Self.mostReady {
                places[place]?.question = nil
                ready[index].places.append(place)
                return true
            }
        }
        vacate(place)
        return true
    }

    /// The question that is open in a place, and its socket. Where none is open, something came after all, just when the port was given back:
    /// the socket is closed, or it would be ready for ever.
    package mutating func at(_ place: Int) -> (question: UInt64, socket: UpstreamSocket)? {
        guard places.indices.contains(place), let found = places[place] else { return nil }
        if let question = found.question { return (question, found.socket) }
        for index in ready.indices { ready[index].places.removeAll { $0 == place } }
        vacate(place)
        return nil
    }

    private mutating func takeReady(_ kin: UpstreamSocket.Kin) -> Int? {
        ready.firstIndex { $0.kin == kin }.flatMap { ready[$0].places.popLast() }
    }

    /// Closes the sockets that lie ready, where descriptors are short.
    /// - Returns: whether there were any.
    package mutating func giveUpReady() -> Bool {
        let given = ready.flatMap(\.places)
        ready = []
        for place in given { vacate(place) }
        return !given.isEmpty
    }

    private mutating func vacate(_ place: Int) {
        places[place] = nil
        free.append(place)
    }
}
