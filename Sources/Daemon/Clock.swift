// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Wire

extension Instant {
    /// CLOCK_BOOTTIME: never set back, and running on while the machine sleeps, so that a TTL ends when it should.
    static var now: Instant {
        var time = timespec()
        unsafe clock_gettime(CLOCK_BOOTTIME, &time)
        return Instant(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
