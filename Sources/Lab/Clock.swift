// SPDX-License-Identifier: MIT
import Glibc

/// Time since the machine's start, for limits on waiting.
enum Clock {
    static func milliseconds() -> Int {
        var now = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        return now.tv_sec * 1000 + now.tv_nsec / 1_000_000
    }
}
