// SPDX-License-Identifier: MIT

/// What a line of a geosite list must be marked with to be taken, or must not: `cn`, `-ads`.
package struct ListAttribute: Hashable, Sendable, CustomStringConvertible {
    /// Letters, digits and `!`, lower case.
    package let name: String
    /// Lines with this attribute are left out.
    package let isExcluded: Bool

    init(_ name: String, isExcluded: Bool = false) {
        self.name = name
        self.isExcluded = isExcluded
    }

    /// Reads `cn`, `-cn`, `!cn`; nil when it is no attribute.
    package init?(_ text: some StringProtocol) {
        let isExcluded = text.hasPrefix("-")
        let name = text.dropFirst(isExcluded ? 1 : 0).lowercased()
        guard !name.isEmpty, name.utf8.allSatisfy({ $0 &- 97 < 26 || $0 &- 48 < 10 || $0 == UInt8(ascii: "!") }) else { return nil }
        self.init(name, isExcluded: isExcluded)
    }

    package var description: String { (isExcluded ? "@-" : "@") + name }
}
