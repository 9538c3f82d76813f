// SPDX-License-Identifier: MIT
import Glibc
import Policy
import Steering
import Synchronization
import Wire

/// Answers one who looks at much, on a thread of its own and from what is known at this moment, so that nobody waits for it who asks a name.
final class Clerk: Sendable {
    /// What is wanted, and what is known.
    struct Order: Sendable {
        let request: ControlRequest
        let sight: Sight
        let rules: StatusReport.Rules
        /// The names of the answer's chain, and its addresses, as far as they are remembered.
        let known: (chain: [Name], addresses: [IPAddress])?
    }

    private static let atWork = Atomic(0)
    /// More would only be slower, and hold more copies of what is known.
    private static let most = 4

    private let order: Order
    private let connection: ControlStream

    private init(_ order: Order, _ connection: ControlStream) {
        self.order = order
        self.connection = connection
    }

    /// Sends the answer, whenever it is ready, and closes the connection.
    static func answer(_ order: Order, _ connection: ControlConnection) {
        guard atWork.load(ordering: .relaxed) < most else {
            connection.send(ControlReply(error: "\(most) others are being told as much: try again"))
            return
        }
        atWork.add(1, ordering: .relaxed)
        var thread = pthread_t()
        let clerk = Clerk(order, connection.detached)
        let status = unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<Clerk>.fromOpaque(argument).takeRetainedValue().work()
                Clerk.atWork.subtract(1, ordering: .relaxed)
                return nil
            }, Unmanaged.passRetained(clerk).toOpaque())
        guard status == 0 else {
            atWork.subtract(1, ordering: .relaxed)
            return
        }
        pthread_detach(thread)
    }

    private func work() {
        let sight = order.sight
        let kernel = KernelSight()
        switch order.request.verb {
        case .leases: leases(kernel)
        case .conflicts: connection.send(ControlReply { $0.conflicts = sight.conflicts(kernel) })
        case .rules: connection.send(ControlReply { $0.rules = sight.rules(order.rules) })
        case .why: connection.send(why(kernel))
        case .status, .query, .reload, .up, .down, .exec, .monitor, .names, .flush, .test: break
        }
    }

    private func why(_ kernel: KernelSight) -> ControlReply {
        let request = order.request
        if let address = request.name.flatMap({ IPAddress($0) }) {
            let explained = order.sight.explain(address, kernel: kernel)
            return ControlReply { $0.address = explained }
        }
        guard let name = request.name.flatMap({ Name($0) }) else {
            return ControlReply(error: "'\(request.name ?? "")' is not a domain name")
        }
        let question = Question(name: name, type: RecordType(rawValue: request.type ?? RecordType.a.rawValue))
        let app = request.app.flatMap { App(rawValue: $0) } ?? .normal
        return ControlReply { $0.explanation = order.sight.explain(question, app, known: order.known, kernel: kernel) }
    }

    /// Page after page, each made when the one before has been sent: 65,000 leases are 20 MB of JSON, and twice that as values.
    private func leases(_ kernel: KernelSight) {
        let sight = order.sight
        guard let ledger = sight.ledger else {
            connection.send(ControlReply { $0.leases = LeasePage(leases: [], total: 0) })
            return
        }
        // By the address: what people look for, and the same from one call to the next.
        let numbers: [UInt32]
        let isSome = order.request.name != nil
        if let address = order.request.name.flatMap({ IPAddress($0) }) {
            numbers = ledger.numbers(of: address)
        } else if let text = order.request.name {
            guard let name = Name(text) else {
                connection.send(ControlReply(error: "'\(text)' is neither a name nor an address"))
                return
            }
            numbers = ledger.numbers(atOrBelow: name)
        } else {
            numbers = ledger.numbers()
        }
        var held: [SetName: Set<IPAddress>] = [:]
        if !isSome {
            for route in SteeredRoute.allCases {
                for family in IPAddress.Family.allCases { held[SetName(route, family)] = kernel.held(route, family) }
            }
        }
        var rest = numbers.prefix(max(0, order.request.limit ?? numbers.count))
        repeat {
            let page = rest.prefix(Self.page).map { number in
                let lease = ledger.lease(number)
                let isHeld =
                    isSome
                    ? kernel.holds(lease.address, lease.route) : held[SetName(lease.route, lease.address.family)]?.contains(lease.address)
                return sight.report(lease, inKernel: isHeld)
            }
            guard connection.send(ControlReply { $0.leases = LeasePage(leases: page, total: numbers.count) }) else { return }
            rest = rest.dropFirst(Self.page)
        } while !rest.isEmpty
    }

    private static let page = 500

    private struct SetName: Hashable {
        let route: SteeredRoute
        let family: IPAddress.Family

        init(_ route: SteeredRoute, _ family: IPAddress.Family) {
            self.route = route
            self.family = family
        }
    }
}
