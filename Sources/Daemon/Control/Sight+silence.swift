// SPDX-License-Identifier: MIT
import Policy
import Rules
import Steering
import Wire

/// Why no daemon told what is owed.
package enum Silence: Sendable {
    case noDaemon
    /// There is one, and it is not for whoever asks.
    case notPermitted
    /// Files were named to be read instead.
    case filesNamed
    /// What it said instead.
    case failed(String)

    package var text: String {
        switch self {
        case .noDaemon: "no daemon to ask"
        case .notPermitted: "the daemon is for root and the group of [control]: sudo, or join it"
        case .filesNamed: "this is from the files, not from the running daemon"
        case .failed(let what): "the daemon did not tell: \(what)"
        }
    }
}

extension Sight {
    /// Where packets to `address` go by the kernel's sets alone, which outlive a daemon that was killed; not known where they cannot be read.
    func explain(_ address: IPAddress, kernel: KernelSight?, _ silence: Silence) -> AddressExplanation {
        let network = matcher.match(address)
        let rule = network.map { RuleEntry(matcher.rule($0.number)) }
        func explained(_ path: String?, _ text: String, marks: [UInt32]) -> AddressExplanation {
            var explanation = AddressExplanation(address: "\(address)", path: path, text: text, network: rule, leases: [])
            explanation.unknown = silence.text
            explanation.kernel = kernel?.explain(address, marks: marks)
            return explanation
        }
        if kernel?.isOwn(address) == true { return explained("default", "go as the kernel routes: it is this machine's own", marks: [0]) }
        guard let kernel, let standing = kernel.standing(address.family) else {
            let both = [Path.tunnel.mark, 0]
            return explained(nil, "not known: \(silence.text)" + (kernel?.setsUnknown.map { "; \($0)" } ?? ""), marks: both)
        }
        guard case .there(let state) = standing else {
            return explained("default", "go as the kernel routes: the kernel has no table of Sluice", marks: [0])
        }
        var supposed = circumstances
        supposed.state = state
        // Which tunnel that was, the sets do not tell.
        supposed.tunnelInUse = nil
        let held = SteeredRoute.allCases.filter { kernel.holds(address, $0) == true }
        let traffic = supposed.traffic(
            to: address, leases: Set(held.map(\.action)), network: network?.action, defaultIsTunnel: defaultIsTunnel)
        let source = held.isEmpty ? "; by the kernel's sets and the files" : ", by the kernel's sets"
        return explained(traffic.verdict.word, traffic.sentence(supposed) + source, marks: traffic.marks)
    }
}
