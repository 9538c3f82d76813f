// SPDX-License-Identifier: MIT
import NIOCore
import Wire

/// How long a server is left alone: not at all after the first failure, so that a new connection is tried at once; then a quarter of a second,
/// doubled up to eight.
struct BackOff {
    private var failures = 0
    private var until: NIODeadline?
    private var error: ExtendedError?

    private static let first = TimeAmount.milliseconds(250)
    private static let mostDoublings = 5

    /// Why it is not asked now; nil: it is.
    func reason(at now: NIODeadline) -> ExtendedError? {
        guard let until, now < until else { return nil }
        return error
    }

    mutating func failed(_ error: ExtendedError, at now: NIODeadline) {
        self.error = error
        failures += 1
        guard failures > 1 else { return }
        until = now + Self.first * (1 << min(failures - 2, Self.mostDoublings))
    }

    mutating func succeeded() { self = BackOff() }
}

/// What was last told of a server to those who keep a log.
struct Word {
    private var told: ExtendedError?
    private var lastFailure: NIODeadline?

    /// It must have answered for so long to be called well again.
    private static let quiet = TimeAmount.seconds(10)

    mutating func isNews(_ error: ExtendedError, at now: NIODeadline) -> Bool {
        lastFailure = now
        guard told != error else { return false }
        told = error
        return true
    }

    mutating func isRelief(at now: NIODeadline) -> Bool {
        guard told != nil, let lastFailure, now - lastFailure >= Self.quiet else { return false }
        told = nil
        return true
    }
}
