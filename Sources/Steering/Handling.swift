// SPDX-License-Identifier: MIT

/// What a rule wants of its traffic beside the route. Two bytes, as every address that is owed has one.
package struct Handling: Hashable, Sendable {
    private var tunnel = none
    private var number = none
    private static let none = UInt8.max

    /// Nothing.
    package static let usual = Handling()

    /// - Parameters:
    ///   - node: the place, from 0 to 9, of the tunnel that the rule names; nil: it names none.
    ///   - trafficClass: its number in `TrafficClasses`, from 0 to 254; nil: none.
    package init(node: Int? = nil, trafficClass: Int? = nil) {
        tunnel = node.map { UInt8(clamping: $0) } ?? Self.none
        number = trafficClass.map { UInt8(clamping: $0) } ?? Self.none
    }

    package var node: Int? { tunnel == Self.none ? nil : Int(tunnel) }
    package var trafficClass: Int? { number == Self.none ? nil : Int(number) }

    /// Without a class whose number is not below this one.
    func bearing(below count: Int) -> Handling { trafficClass.map { $0 < count } ?? true ? self : Handling(node: node) }

    /// Of an address that both want: of each the first, and nothing last.
    func joined(with other: Handling) -> Handling {
        var joined = self
        joined.tunnel = min(tunnel, other.tunnel)
        joined.number = min(number, other.number)
        return joined
    }
}
