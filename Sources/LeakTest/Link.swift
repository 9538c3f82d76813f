// SPDX-License-Identifier: MIT

/// An interface as the judge sees it.
package struct Link: Hashable, Sendable, Encodable {
    package enum Kind: String, Hashable, Sendable, Encodable {
        /// Reported, never judged.
        case loopback
        case tunnel
        /// Every other link.
        case outside
        /// It vanished before its name could be read: fits no expectation, and proves none broken.
        case unknown
    }

    package let name: String
    package let kind: Kind
}
