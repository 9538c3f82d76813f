// SPDX-License-Identifier: MIT

/// How long a leak test waits, and for how much.
package struct Pace: Sendable {
    /// For the answer to one question of a cell.
    package var answer: Duration = .seconds(2)
    /// For a control to be seen; it is sent three times within.
    package var control: Duration = .seconds(1)
    /// After the last answer, for late packets and retries.
    package var settling: Duration = .milliseconds(300)
    /// Questions asked at the same time: 1...1000.
    package var inFlight = 64
    /// Receive buffer of the capture in bytes. 64 MiB hold some 80,000 small packets, more than a busy gigabit link brings in 50 ms.
    package var receiveBuffer = 64 << 20

    /// As `leaktest --quick`: under 5 s for ten cells when the upstreams answer.
    package static let quick = Pace()

    package init() {}
}
