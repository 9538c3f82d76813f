// SPDX-License-Identifier: MIT
import Rules
import Wire

/// Names that the standards reserve for this machine or this network.
package enum Reserved {
    private static let localhost = Zone("localhost")
    /// RFC 6761 section 6.4, RFC 7686, RFC 9476.
    private static let nowhere = ["invalid", "onion", "alt"].map(Zone.init)
    /// RFC 9462: no data, so that no client is told to leave for an encrypted resolver.
    private static let resolver = Zone("resolver.arpa")
    /// Firefox's question whether to leave for its own resolver; NXDOMAIN keeps it here. A rule that names it switches this off.
    private static let canary = Zone("use-application-dns.net")
    /// RFC 6762, RFC 8375.
    private static let local = ["local", "home.arpa"].map(Zone.init)
    private static let reverse4 = Zone("in-addr.arpa")
    private static let reverse6 = Zone("ip6.arpa")

    /// The answer to a question that never leaves this machine; nil for all others.
    package static func answer(to question: Question, rule: Ruling?) -> LocalAnswer? {
        let ending = question.name.ending
        guard isDoubtful(ending) else { return nil }
        let asked = question.name
        if localhost.has(asked, ending) {
            return question.type == .a || question.type == .aaaa || question.type == .any ? .loopback : .noData
        }
        if nowhere.contains(where: { $0.has(asked, ending) }) { return .noSuchName }
        if resolver.has(asked, ending) { return .noData }
        if canary.has(asked, ending), rule == nil { return .noSuchName }
        if let network = network(of: asked), network.isHost, network.address.isLoopback {
            return question.type == .ptr ? .loopback : .noData
        }
        return nil
    }

    /// Whether a name without a rule belongs to the local network: `local`, `home.arpa`, single labels asked for addresses, reverse zones of
    /// private ranges (RFC 6303).
    package static func isLocal(_ question: Question, _ ranges: PrivateRanges) -> Bool {
        let ending = question.name.ending
        if isDoubtful(ending), local.contains(where: { $0.has(question.name, ending) }) { return true }
        if question.name.labelCount == 1 {
            switch question.type {
            case .a, .aaaa, .https, .svcb: return true
            default: return false
            }
        }
        guard let network = zone(of: question.name)?.network else { return false }
        return ranges.contains(network.address) && ranges.contains(network.last)
    }

    /// Whether a name may be in one of the zones: most names are told by their last bytes.
    private static func isDoubtful(_ ending: UInt64) -> Bool {
        all.contains { ($0.ending ^ ending) & $0.mask == 0 }
    }

    private static let all = ([localhost, resolver, canary, reverse4, reverse6] + nowhere + local).map {
        (ending: $0.ending, mask: $0.mask)
    }

    /// The network a name in a reverse zone stands for: a host for a whole name, a prefix for a shorter one; nil for all others.
    package static func network(of asked: Name) -> Network? {
        guard let zone = zone(of: asked), zone.labels == asked.labelCount - 2 else { return nil }
        return zone.network
    }

    /// The smallest network whose reverse zone `asked` is in, and the labels that say so: `lb._dns-sd._udp.1.168.192.in-addr.arpa` is in that of
    /// 192.168.1.0/24.
    private static func zone(of asked: Name) -> (network: Network, labels: Int)? {
        let ending = asked.ending
        guard isDoubtful(ending) else { return nil }
        if reverse4.has(asked, ending) { return zone(asked, of: 4, base: 10, width: 8) }
        if reverse6.has(asked, ending) { return zone(asked, of: 32, base: 16, width: 4) }
        return nil
    }

    private static func zone(_ asked: Name, of most: Int, base: Int, width: Int) -> (network: Network, labels: Int)? {
        let labels = asked.labelCount - 2
        var bits: [UInt8] = Array(repeating: 0, count: most * width / 8)
        var known = 0
        while known < min(labels, most), let group = group(asked.dropping(labels: labels - known - 1), base) {
            bits[known * width / 8] |= width == 8 ? group : group << UInt8(known % 2 == 0 ? 4 : 0)
            known += 1
        }
        guard known > 0, let address = IPAddress(bytes: bits), let network = Network(address, length: known * width) else { return nil }
        return (network, known)
    }

    /// The number a name's first label is, as reverse zones write it: no sign, no leading zero, one digit a nibble.
    private static func group(_ name: Name, _ base: Int) -> UInt8? {
        let label = name.description.prefix { $0 != "." }
        guard let value = UInt8(label, radix: base), String(value, radix: base) == label, value < 16 || base == 10 else { return nil }
        return value
    }

}

/// A name, and whatever is below it.
private struct Zone {
    private let name: Name
    let ending: UInt64
    let mask: UInt64

    init(_ text: String) {
        name = Name(text) ?? .root
        ending = name.ending
        mask = .max << UInt64(max(0, 8 - name.count) * 8)
    }

    /// - Parameter ending: the asked name's: it says no to most of them.
    func has(_ asked: Name, _ ending: UInt64) -> Bool { (ending ^ self.ending) & mask == 0 && asked.isAtOrBelow(name) }
}

extension Network {
    fileprivate var isHost: Bool { length == address.width }
}
