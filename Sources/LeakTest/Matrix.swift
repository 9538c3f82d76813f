// SPDX-License-Identifier: MIT

package import Wire

/// The judge's own copy of the matrix: what the shared design says, written down a second time and read from text.
///
/// It shares nothing with the daemon's policy on purpose: a judge that asked the accused would share its faults.
package enum Matrix {
    package enum State: String, Hashable, Sendable, Encodable, CaseIterable {
        case disconnected, connecting, connected, disconnecting, error
    }

    package enum Setting: String, Hashable, Sendable, Encodable, CaseIterable {
        case standard = "default"
        case privateCustom = "private-custom"
        case publicCustom = "public-custom"
        case system
    }

    package enum Profile: String, Hashable, Sendable, Encodable, CaseIterable { case desktop, mobile }

    package enum App: String, Hashable, Sendable, Encodable, CaseIterable { case normal, excluded, tunneled }

    package enum Rule: String, Hashable, Sendable, Encodable, CaseIterable { case none, tunnel, direct, lan, block }

    package enum Routing: String, Hashable, Sendable, Encodable, CaseIterable { case direct, tunnel }

    /// What an address is to the traffic table.
    package enum Target: String, Hashable, Sendable, Encodable, CaseIterable { case tunnel, direct, lan, block, local, other }

    /// What the matrix leaves to the configuration and the world.
    package struct Facts: Sendable {
        package var systemServers: [IPAddress]
        package var relayServers: [IPAddress]
        package var customServers: [IPAddress]
        package var lanSharing = true
        /// `tunnel_rules_when_disconnected = "system"`.
        package var fallsToSystem = false
        /// `cgnat = "lan"`.
        package var cgnatIsPrivate = false

        package init(systemServers: [IPAddress], relayServers: [IPAddress], customServers: [IPAddress] = []) {
            self.systemServers = systemServers
            self.relayServers = relayServers
            self.customServers = customServers
        }
    }

    /// What must be seen, and told, in one cell.
    package struct Expected: Hashable, Sendable {
        package let expectation: Expectation
        /// The only addresses that may be spoken to; empty: any.
        package var servers: Set<IPAddress> = []
        /// The only RCODEs an answer may have; empty: any.
        package var rcodes: Set<String> = []

        package init(expectation: Expectation, servers: Set<IPAddress> = [], rcodes: Set<String> = []) {
            self.expectation = expectation
            self.servers = servers
            self.rcodes = rcodes
        }
    }

    /// Where in the matrix a cell stands.
    package struct Coordinates: Hashable, Sendable, Encodable {
        package enum Kind: String, Hashable, Sendable, Encodable {
            /// A question to the daemon.
            case lookup
            /// A connection or datagram to an address.
            case traffic
            /// A question past the daemon.
            case ownDNS = "own-dns"
            /// One of the special situations.
            case special
        }

        package var kind: Kind
        package var state: State
        package var app = App.normal
        package var setting: Setting?
        package var profile: Profile?
        package var rule: Rule?
        package var routing: Routing?
        package var target: Target?

        package init(_ kind: Kind, _ state: State, _ app: App = .normal) {
            self.kind = kind
            self.state = state
            self.app = app
        }
    }

    /// The words of one row, column by column; `*` fits every value, `a,b` both.
    struct Row {
        let conditions: [Substring]
        let cells: [Substring]

        func fits(_ values: [String]) -> Bool {
            zip(conditions, values).allSatisfy { condition, value in
                condition == "*" || condition.split(separator: ",").contains { $0 == value }
            }
        }
    }

    /// Rows of a table as text: conditions, a bar, then a word for each state in the order of `State.allCases`.
    static func rows(_ text: String) -> [Row] {
        text.split(separator: "\n").compactMap { line in
            let halves = line.split(separator: "|")
            guard halves.count == 2 else { return nil }
            return Row(conditions: halves[0].split(separator: " "), cells: halves[1].split(separator: " "))
        }
    }

    static func word(_ rows: [Row], _ values: [String], _ state: State) -> String? {
        guard let row = rows.first(where: { $0.conditions.count == values.count && $0.fits(values) }),
            row.cells.count == State.allCases.count,
            let column = State.allCases.firstIndex(of: state)
        else { return nil }
        return String(row.cells[column])
    }
}
