// SPDX-License-Identifier: MIT
import Policy
import Resolving
import Rules
import Steering
import Wire

extension Sight {
    /// Why an answer does not hold an address that the upstream gave; nil: it does, or nobody is there to know.
    /// - Parameter names: the asked one, and those it is an alias of.
    func leftOut(_ address: IPAddress, _ names: [Name], among addresses: [IPAddress]) -> String? {
        guard let snapshot, let asked = names.first else { return nil }
        let question = Question(name: asked, type: .a)
        guard let rule = matcher.match(asked) ?? service(question) ?? names.lazy.compactMap({ matcher.match($0) }).first else {
            guard snapshot.leadsInside(address), !snapshot.rebinding.allows(asked), !Reserved.isLocal(question, circumstances.ranges) else {
                return nil
            }
            return "it leads to this machine or its networks, and no rule has the name; rebind_allow of [dns] lets it"
        }
        guard let route = rule.action.route else { return nil }
        if let reason = snapshot.refusal(of: address, to: route, rule) { return "no set may hold it: \(reason.rawValue)" }
        guard route == .direct, snapshot.narrows, isTunnels(address), !addresses.allSatisfy(isTunnels) else { return nil }
        return "it is owed to the tunnel, and others remain (conflict = \"narrow\")"
    }

    private func isTunnels(_ address: IPAddress) -> Bool {
        ledger?.routes(of: address).contains(.tunnel) == true || matcher.isTunnels(address)
    }
}
