// SPDX-License-Identifier: MIT
import Policy
import Rules
import Steering
import Wire

extension Snapshot {
    /// Types a rule answers NODATA for: addresses of a family its tunnel does not carry, and service bindings it does not want.
    package func hides(_ type: RecordType, _ rule: Ruling) -> Bool {
        switch type {
        case .a: rule.action == .tunnel && !families(of: rule).contains(.v4)
        case .aaaa: rule.action == .tunnel && !families(of: rule).contains(.v6) && !(answersSixByNAT64 && steeringGuard.nat64 != nil)
        case .https, .svcb:
            switch rule.options.hints {
            case .nodata: true
            case .lease, .strip: false
            }
        default: false
        }
    }

    /// What the tunnel of a rule carries.
    func families(of rule: Ruling) -> Set<IPAddress.Family> { circumstances.tunnel(of: rule)?.families ?? tunnelFamilies }

    /// What a rule wants of its traffic beside the route.
    func handling(of rule: Ruling) -> Handling {
        Handling(
            node: rule.action == .tunnel ? circumstances.tunnel(of: rule)?.node.number : nil,
            trafficClass: trafficClasses.number(of: rule.options.trafficClass))
    }
}
