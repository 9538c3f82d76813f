// SPDX-License-Identifier: MIT

/// A moment on a clock that never goes back (CLOCK_BOOTTIME at the edge, any number in a test), in milliseconds.
package struct Instant: Hashable, Comparable, Sendable {
    package let milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package static func < (left: Instant, right: Instant) -> Bool { left.milliseconds < right.milliseconds }
    package static func + (instant: Instant, milliseconds: Int64) -> Instant { Instant(milliseconds: instant.milliseconds + milliseconds) }
    /// Milliseconds from `right` to `left`.
    package static func - (left: Instant, right: Instant) -> Int64 { left.milliseconds - right.milliseconds }

    /// Whole seconds since `earlier`; 0 when it is not earlier.
    package func seconds(since earlier: Instant) -> UInt32 { UInt32(clamping: max(0, milliseconds - earlier.milliseconds) / 1000) }
}
