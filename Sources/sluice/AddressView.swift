// SPDX-License-Identifier: MIT
import Daemon

/// Contract: `why ADDRESS`, and each address of `why NAME`.
struct AddressView: Encodable {
    let address: String
    @OrNull var path: String?
    let text: String
    /// Why who owns it, or the way, is not known.
    @OrNull var unknown: String?
    /// Why answers do not hold it; null: they do.
    @OrNull var leftOut: String?
    @OrNull var network: RuleView?
    let leases: [LeaseView]
    /// Sets of the kernel that hold it; null: not known.
    @OrNull var sets: [String]?
    let routes: [Route]

    struct Route: Encodable {
        let mark: String
        @OrNull var interface: String?
        @OrNull var gateway: String?
        @OrNull var table: UInt32?
        @OrNull var source: String?
        @OrNull var error: String?
    }

    private let setsUnknown: String?
    private enum CodingKeys: CodingKey { case address, path, text, unknown, leftOut, network, leases, sets, routes }

    init(_ explanation: AddressExplanation) {
        address = explanation.address
        text = explanation.text
        leases = explanation.leases.map(LeaseView.init)
        routes = (explanation.kernel?.routes ?? []).map { said in
            var route = Route(mark: said.mark)
            route.interface = said.interface
            route.gateway = said.gateway
            route.table = said.table
            route.source = said.source
            route.error = said.error
            return route
        }
        setsUnknown = explanation.kernel?.setsUnknown
        network = explanation.network.map(RuleView.init)
        sets = explanation.kernel?.sets
        path = explanation.path
        unknown = explanation.unknown
        leftOut = explanation.leftOut
    }

    /// For people; of an address that was answered for `name`, with who claims it otherwise.
    func rows(of name: String? = nil) -> Rows {
        var rows = Rows()
        if let leftOut { rows.add("left out", "of answers: \(leftOut)") }
        rows.add("packets", text)
        if let network { rows.add("network", network.place) }
        for lease in leases { for line in lease.ownerLines(of: name) { rows.add("owed to", line) } }
        if let rival = rival(of: name) { rows.add("conflict", "\(rival) has the same address: sluice conflicts") }
        if let unknown { rows.add("owed to", "not known: \(unknown)") } else if leases.isEmpty { rows.add("owed to", "nobody") }
        if let sets {
            rows.add("sets", sets.isEmpty ? "not among the learned addresses" : sets.joined(separator: ", "))
        } else if let setsUnknown {
            rows.add("sets", "not known: \(setsUnknown)")
        }
        if path == "refused" { rows.add("route", "refused") }
        for route in routes {
            let who = route.mark == "0x00000000" ? "no mark" : "mark \(route.mark.prefix(4))"
            if let error = route.error {
                rows.add("route", "\(who): \(error)")
            } else {
                let parts = [
                    route.interface.map { "by \($0)" }, route.gateway.map { "via \($0)" }, route.source.map { "from \($0)" },
                    route.table.map { "table \($0 == 254 ? "main" : $0 == 255 ? "local" : "\($0)")" },
                ]
                rows.add("route", "\(who): " + parts.compactMap(\.self).joined(separator: " "))
            }
        }
        return rows
    }
}

extension AddressView {
    /// Who claims it by another route than `name`, or than the one that decides.
    private func rival(of name: String?) -> String? {
        let mine = leases.first { lease in lease.owners.contains { $0.name == name } } ?? leases.first
        guard let other = leases.first(where: { $0.route != mine?.route })?.owners.first else { return nil }
        return other.text + (other.rule.map { " (\($0.text))" } ?? "")
    }
}

/// Contract: `why ADDRESS`.
struct AddressReport: Encodable {
    let schema = 1
    let view: AddressView

    private enum CodingKeys: CodingKey { case schema }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(schema, forKey: .schema)
        try view.encode(to: encoder)
    }

    var lines: [String] { [view.address] + view.rows().lines }
}
