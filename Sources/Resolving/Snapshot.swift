// SPDX-License-Identifier: MIT
import Policy
import Rules
import Steering
import Wire

/// The frozen world a question is decided in: replaced as a whole, never changed.
package struct Snapshot: Sendable {
    package var circumstances: Circumstances
    package var matcher: Matcher
    package var steeringGuard: SteeringGuard
    /// Families the tunnel in use carries; a `tunnel` name has no addresses of the others.
    package var tunnelFamilies: Set<IPAddress.Family>
    /// Changes with the link and its DHCP servers: what one network answered is not served on another.
    package var network: Int

    package init(
        circumstances: Circumstances, matcher: Matcher = .empty, steeringGuard: SteeringGuard = SteeringGuard(),
        tunnelFamilies: Set<IPAddress.Family> = [.v4, .v6], network: Int = 0
    ) {
        self.circumstances = circumstances
        self.matcher = matcher
        self.steeringGuard = steeringGuard
        self.tunnelFamilies = tunnelFamilies
        self.network = network
    }
}
