// SPDX-License-Identifier: MIT
package import Wire

/// One row of the test: names under a suffix, or packets to an address, and the way they must take.
package struct Cell: Sendable {
    /// What is asked, or knocked at.
    package enum Place: Hashable, Sendable {
        /// A random label and this suffix, as text without the last dot: `corp.example`. Empty: the random label alone, a single-label name.
        case below(String)
        /// A rule for exactly this name. No random label can mark its packets as ours, so such a cell is reported as left out.
        case exactly(String)
        /// PTR of a random address in this network of IPv6, of at most 64 bits.
        case reverse(Network)
        /// No question: a datagram with a random payload and a TCP connection, each to a port of its own.
        case address(IPAddress)
    }

    /// For people: `tunnel corp.example (lab.rules:2)`.
    package var label: String
    package var place: Place
    package var expected: Expectation
    package var types: [QueryType]
    package var transports: [Transport]
    /// Where it stands in the matrix, if it does.
    package var coordinates: Matrix.Coordinates?
    /// Which kind of app asks.
    package var app = Matrix.App.normal
    /// The only addresses that may be spoken to; empty: any on the right links.
    package var servers: Set<IPAddress> = []
    /// The only RCODEs an answer may have; empty: any.
    package var rcodes: Set<String> = []
    /// Whom the question is put to; nil: the listener under test.
    package var asked: ServerAddress?
    /// Whether a question that nobody answered and nobody saw says anything: not so while the daemon is dead, nor of other programs' own DNS.
    package var mustBeAnswered = true
    /// Whether each question must be seen, not only one of them.
    package var everyQuestion = false

    package init(
        label: String, place: Place, expected: Expectation, types: [QueryType] = [.a, .aaaa], transports: [Transport] = Transport.allCases
    ) {
        self.label = label
        self.place = place
        self.expected = expected
        self.types = types
        self.transports = transports
    }

    /// A cell as a table of the matrix has it.
    package init(
        label: String, place: Place, _ expected: Matrix.Expected, _ coordinates: Matrix.Coordinates, types: [QueryType] = [],
        transports: [Transport] = Transport.allCases
    ) {
        self.init(label: label, place: place, expected: expected.expectation, types: types, transports: transports)
        self.coordinates = coordinates
        app = coordinates.app
        servers = expected.servers
        rcodes = expected.rcodes
        everyQuestion = true
    }

    /// What tells its packets from all others.
    var comparedBy: [String] {
        switch place {
        case .below, .exactly:
            (asked == nil || !transports.contains(.tcp)
                ? ["random label in the name"] : ["random label in the name", "address and both ports"])
        case .reverse: ["random address in the reverse name"]
        case .address: ["random payload (udp)", "address and random port (tcp)"]
        }
    }
}
