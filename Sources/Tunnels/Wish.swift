// SPDX-License-Identifier: MIT

/// The last word of `up` and `down`.
package enum Wish: String, Hashable, Sendable, CaseIterable {
    case up, down
}
