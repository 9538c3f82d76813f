// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Kernel
import Steering
import Upstreams
import Wire

/// An instrument of the lab tests: what a shell script is too slow or too blunt to do. Prints `ok …` and ends with 0, or says what is wrong.
@main enum Probe {
    static func main() throws {
        let arguments = CommandLine.arguments
        switch (
            arguments.dropFirst().first, arguments.dropFirst(2).compactMap { Int($0) },
            arguments.dropFirst(2).compactMap { ServerAddress($0) }
        ) {
        case ("order", let counts, _) where counts.count == 1: try order(counts[0], perSecond: nil)
        case ("order", let counts, _) where counts.count == 2: try order(counts[0], perSecond: counts[1])
        case ("ledger", let counts, _) where counts.count == 1: LedgerCost(count: counts[0]).measure()
        case ("garbage", let counts, _) where counts.count == 1: garbage(counts[0])
        case ("datagram", _, let ends) where ends.count == 2: datagram(from: ends[0], to: ends[1], text: arguments[4])
        case ("transition", _, _): Transition().measure()
        case ("greet", _, let places) where places.count == 1: Greeter.serve(at: places[0])
        case ("serve", _, let places) where places.count == 1: Bench.serve(at: places[0])
        case ("ask", let counts, let places) where (2...3).contains(counts.count) && places.count == 1:
            Bench.ask(places[0], arguments[3], first: counts[0], count: counts[1], open: counts.count == 3 ? counts[2] : 1)
        case ("wait", let counts, let places) where counts.count == 1 && places.count == 1:
            Bench.wait(places[0], milliseconds: counts[0])
        case ("load", let counts, let targets) where counts.count == 3: load(counts, targets)
        case ("through", let counts, let targets) where counts.count == 2 && targets.count == 1:
            Through(suffix: arguments[4], target: targets[0]).run(questionsPerSecond: counts[0], connectionsPerSecond: counts[1])
        case ("versions", let counts, let addresses) where counts.count == 3 && addresses.count == 2 && counts[2] > 0:
            let suffix = CommandLine.arguments.last ?? ""
            Versions(rate: counts[1], names: counts[2], suffix: suffix, versions: addresses.map(\.address)).run(seconds: counts[0])
        case ("mutants", _, _) where arguments.count == 3 && ["udp", "tcp"].contains(arguments[2]):
            MutantQuestions(byTCP: arguments[2] == "tcp").run()
        case ("lie", _, let places) where places.count == 1: Liar(at: places[0]).serve()
        case ("lied", _, _): Lied().run()
        case ("wgquick", let counts, _) where counts.count == 2:
            WireGuardReading.write(seed: counts[0], count: counts[1], to: arguments.last ?? ".")
        case ("heavy", let counts, _) where counts.count == 2: Heavy.send(counts[0], count: counts[1])
        default:
            fail(
                "usage: sluice-probe order COUNT [A-SECOND] | ledger COUNT | garbage COUNT | datagram FROM:PORT TO:PORT TEXT | greet ADDRESS:PORT | transition"
                    + " | serve ADDRESS:PORT | ask ADDRESS:PORT SUFFIX FIRST COUNT [OPEN]"
                    + " | wait ADDRESS:PORT MILLISECONDS"
                    + " | load SECONDS QUESTIONS-A-SECOND CONNECTIONS-A-SECOND [SUFFIX | ADDRESS:PORT]…"
                    + " | through QUESTIONS-A-SECOND CONNECTIONS-A-SECOND SUFFIX ADDRESS:PORT"
                    + " | mutants udp|tcp | lie ADDRESS:PORT | lied | heavy KIND COUNT | wgquick SEED COUNT FOLDER"
                    + " | versions SECONDS QUESTIONS-A-SECOND NAMES ADDRESS ADDRESS SUFFIX")
        }
    }

    /// `Load`, at suffixes and addresses as they stand among the arguments.
    static func load(_ counts: [Int], _ targets: [ServerAddress]) {
        let suffixes = CommandLine.arguments.dropFirst(5).filter { ServerAddress($0) == nil }
        Load(suffixes: suffixes, targets: targets, connectionsPerSecond: counts[2])
            .run(seconds: counts[0], questionsPerSecond: counts[1], connectionsPerSecond: counts[2])
    }

    /// Sends one UDP datagram between two places, whoever listens.
    static func datagram(from: ServerAddress, to: ServerAddress, text: String) {
        let fd = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        let (here, there) = (SocketAddress(from.address, port: from.port), SocketAddress(to.address, port: to.port))
        guard unsafe here.with({ unsafe bind(fd, $0, $1) }) == 0 else { fail("cannot bind \(from)") }
        let bytes = Array(text.utf8)
        let sent = unsafe bytes.withUnsafeBytes { bytes in
            unsafe there.with { unsafe sendto(fd, bytes.baseAddress, bytes.count, 0, $0, $1) }
        }
        print(sent == bytes.count ? "ok sent" : "not sent: errno \(errno)")
    }

    /// Asks `count` names with an address each that nobody had before; when an answer is there, its address must be in the kernel's set already.
    /// - Parameter perSecond: how fast, with 8 questions open at the most; nil: one after the other.
    static func order(_ count: Int, perSecond: Int?) throws {
        var sets = try SetWriter()
        let client = Client()
        var open: [UInt16: (number: Int, element: SetElement)] = [:]
        var late = 0
        let began = now()
        func take() throws {
            guard let reply = client.receive() else { fail("no answer for any of \(open.values.map { "h\($0.number)" })") }
            // Whatever is no answer to an open question is none.
            guard reply.count > 12, reply[3] & 15 == 0 else { return }
            guard let asked = open.removeValue(forKey: UInt16(reply[0]) << 8 | UInt16(reply[1])) else { return }
            if try !sets.contains(asked.element) { late += 1 }
            guard reply.suffix(from: 12).firstRange(of: asked.element.key) != nil else {
                fail("the answer for h\(asked.number) has not the address of \(asked.element)")
            }
        }
        for number in 0..<count {
            if let perSecond {
                let due = began + number * 1_000_000 / max(perSecond, 1)
                while now() < due { if client.hears(within: 1) { try take() } }
                // An answer that waits is looked at before it is looked for in a set that has grown since.
                while client.hears(within: 0) { try take() }
            }
            // The lab's relay answers h0, h1 and so on below order.corp.example so.
            let address = IPAddress.v4(198 << 24 | 18 << 16 | UInt32(number / 250) << 8 | UInt32(number % 250 + 1))
            let element = SetElement.learned(.tunnel, address)
            if try sets.contains(element) { fail("\(address) is in the set before anybody asked") }
            let id = UInt16(truncatingIfNeeded: number)
            open[id] = (number, element)
            client.send(question("h\(number).order.corp.example", id: id))
            while open.count >= (perSecond == nil ? 1 : 8) { try take() }
        }
        while !open.isEmpty { try take() }
        guard late == 0 else { fail("\(late) of \(count) answers came before their address was in the set") }
        print("ok \(count) answers, each after its address, \(count * 1_000_000 / max(1, now() - began)) a second")
    }

    /// Microseconds.
    private static func now() -> Int {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000 + time.tv_nsec / 1000
    }

    /// Sends `count` packets of random bytes, and of questions with random bytes in them; a sane question in between must always be answered.
    static func garbage(_ count: Int) {
        let client = Client()
        var random = SystemRandomNumberGenerator()
        let sane = question("sane.corp.example", id: 7)
        for number in 0..<count {
            var packet =
                number % 2 == 0
                ? sane : (0..<Int.random(in: 0...600, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            if number % 2 == 0 {
                for _ in 0..<Int.random(in: 1...6, using: &random) {
                    packet[Int.random(in: 0..<packet.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
                if Bool.random() { packet.removeLast(Int.random(in: 0..<packet.count, using: &random)) }
            }
            client.send(packet)
            if number % 50 == 49 {
                client.drain()
                guard client.ask(sane) != nil else { fail("no answer after \(number + 1) packets of garbage") }
            }
        }
        print("ok \(count) packets of garbage, every sane question answered")
    }

    static func question(_ name: String, id: UInt16) -> [UInt8] {
        var message: [UInt8] = [UInt8(id >> 8), UInt8(truncatingIfNeeded: id), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]
        for label in name.split(separator: ".") { message += [UInt8(label.utf8.count)] + Array(label.utf8) }
        return message + [0, 0, 1, 0, 1]
    }

    static func fail(_ text: String) -> Never {
        print("FAILED: \(text)")
        exit(1)
    }
}

/// A client by UDP.
struct Client {
    private let fd = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)

    init(_ place: ServerAddress = ServerAddress(.v4(0x7F00_0035), port: 53)) {
        let server = SocketAddress(place.address, port: place.port)
        guard unsafe server.with({ unsafe connect(fd, $0, $1) }) == 0 else { Probe.fail("no socket") }
        var limit = timeval(tv_sec: 2, tv_usec: 0)
        _ = unsafe setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    func send(_ packet: [UInt8]) { _ = unsafe packet.withUnsafeBytes { unsafe Glibc.send(fd, $0.baseAddress, $0.count, 0) } }

    /// The reply with the question's id; nil when none comes in 2 s.
    func ask(_ packet: [UInt8]) -> [UInt8]? {
        send(packet)
        var buffer = [UInt8](repeating: 0, count: 4096)
        for _ in 0..<10_000 {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(fd, $0.baseAddress, $0.count, 0) }
            guard count > 0 else { return nil }
            if count >= packet.count, Array(buffer[..<2]) == Array(packet[..<2]), buffer[3] & 15 == 0 { return Array(buffer[..<count]) }
        }
        return nil
    }

    /// Whether a packet is there, or comes in so many milliseconds.
    func hears(within milliseconds: Int32) -> Bool {
        var polled = pollfd(fd: fd, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&polled, 1, milliseconds) > 0
    }

    /// The next packet; nil when none comes in 2 s.
    func receive() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(fd, $0.baseAddress, $0.count, 0) }
        return count > 0 ? Array(buffer[..<count]) : nil
    }

    func drain() {
        var byte: UInt8 = 0
        while unsafe recv(fd, &byte, 1, Int32(MSG_DONTWAIT)) >= 0 {}
    }
}
