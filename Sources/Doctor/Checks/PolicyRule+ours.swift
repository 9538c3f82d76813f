// SPDX-License-Identifier: MIT
import Kernel
import Policy
import Wire

extension PolicyRule {
    /// Whether it is the rule of ours that sends what is marked for a path to its table.
    func isOurs(for path: Path, _ family: IPAddress.Family) -> Bool {
        guard isOurs, self.family == family, case .lookup = action, let mark else { return false }
        return mark == (path.mark, Path.markMask)
    }

    /// As `ip rule` would write it, less what is not known here.
    var text: String {
        var words = ["\(priority):"]
        if inverted { words.append("not") }
        words.append(isNarrower ? "from some" : "from all")
        if let incoming { words.append("iif \(incoming)") }
        if let mark {
            words.append("fwmark 0x\(String(mark.value, radix: 16))" + (mark.mask == .max ? "" : "/0x\(String(mark.mask, radix: 16))"))
        }
        switch action {
        case .lookup(254): words.append("lookup main")
        case .lookup(let table): words.append("lookup \(table)")
        case .unreachable: words.append("unreachable")
        case .other: words.append("…")
        }
        if let suppressed { words.append("suppress_prefixlength \(suppressed)") }
        return words.joined(separator: " ")
    }

    /// How to see it and its like.
    var command: String { family == .v4 ? "ip rule" : "ip -6 rule" }
}
