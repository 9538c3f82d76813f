// SPDX-License-Identifier: MIT
import Wire

/// The moment an image is made or read, by the clocks that can tell how long ago it was.
package struct ImageClock: Hashable, Sendable {
    /// The ledger's clock.
    package var now: Instant
    /// Seconds since 1970, as the machine believes.
    package var wall: Int64
    /// The kernel's name of this boot, 16 bytes: while it is the same, the ledger's clock has run on and nobody has set it.
    package var boot: [UInt8]

    package init(now: Instant, wall: Int64, boot: [UInt8]) {
        self.now = now
        self.wall = wall
        self.boot = Array((boot + Array(repeating: 0, count: 16)).prefix(16))
    }

    /// Milliseconds from `earlier` until now, never fewer than none.
    ///
    /// Within one boot the ledger's clock knows, whatever was done to the other. Over a boot the wall clock must do; of one that stands before
    /// 2020 then or now only the time since the boot is believed, since a machine without a battery begins in 1970 and finds the date later.
    package func milliseconds(since earlier: ImageClock) -> Int64 {
        if boot == earlier.boot { return max(0, now.milliseconds &- earlier.now.milliseconds) }
        let sinceBoot = max(0, now.milliseconds)
        guard (Self.plausible...Self.horizon).contains(wall), (Self.plausible...Self.horizon).contains(earlier.wall) else {
            return sinceBoot
        }
        return max(sinceBoot, (wall - earlier.wall) * 1000)
    }

    /// 2020-01-01, and the end of 2^32 seconds.
    private static let plausible: Int64 = 1_577_836_800
    private static let horizon: Int64 = 4_294_967_295
}
