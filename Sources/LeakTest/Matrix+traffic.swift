// SPDX-License-Identifier: MIT
package import Wire

extension Matrix {
    /// MATRIX.md, "Traffic". The first row that fits decides.
    ///
    /// `shared` outside where LAN sharing is on, else nowhere · `opt-in` outside where `tunnel_rules_when_disconnected` says so, else nowhere.
    private static let traffic = rows(
        """
        app       target  routing | disconnected  connecting  connected  disconnecting  error
        excluded  *       *       | outside       outside     outside    outside        outside
        tunneled  *       *       | nothing       nothing     tunnel     nothing        nothing
        *         tunnel  *       | opt-in        nothing     tunnel     nothing        nothing
        *         direct  *       | outside       outside     outside    outside        outside
        *         lan     *       | lan           lan         lan        lan            lan
        *         block   *       | nothing       nothing     nothing    nothing        nothing
        *         local   *       | shared        shared      shared     shared         shared
        *         other   direct  | outside       outside     outside    outside        outside
        *         other   tunnel  | outside       nothing     tunnel     nothing        nothing
        """)

    /// What must be seen of a packet to `address`; nil where the table has no such cell.
    package static func traffic(_ cell: Coordinates, to address: IPAddress, _ facts: Facts) -> Expected? {
        guard let target = cell.target, let routing = cell.routing,
            let word = word(traffic, [cell.app.rawValue, target.rawValue, routing.rawValue], cell.state)
        else { return nil }
        switch word {
        case "outside": return Expected(expectation: .outside)
        case "tunnel": return Expected(expectation: .tunnel)
        case "nothing": return Expected(expectation: .nothing)
        case "lan": return Expected(expectation: address.isPrivate(cgnat: facts.cgnatIsPrivate) ? .lan : .nothing)
        case "shared": return Expected(expectation: facts.lanSharing ? .outside : .nothing)
        case "opt-in": return Expected(expectation: facts.fallsToSystem ? .outside : .nothing)
        default: return nil
        }
    }
}
