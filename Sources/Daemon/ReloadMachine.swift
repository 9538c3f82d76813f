// SPDX-License-Identifier: MIT
import Wire

/// When configuration and rules are read again: who has asked, what has changed on disk, whether a reading is under way.
///
/// One reading at a time. What is asked during one is answered by the next, since its files may have changed after they were read; all who ask
/// meanwhile share that one.
struct ReloadMachine {
    /// Files at rest for so long are read, in milliseconds: editors write in several steps.
    static let quiet: Int64 = 500
    /// Files that never rest are read after so long.
    static let patience: Int64 = 5000

    /// One who waits for a reading: the number of a control connection; nil: a signal.
    typealias Asker = UInt64?

    private(set) var isReading = false
    private var isReadingWanted = false
    private var waiting: [Asker] = []
    private var served: [Asker] = []
    private var unrest: (since: Instant, last: Instant)?

    /// True: begin a reading now.
    mutating func ask(_ asker: Asker) -> Bool {
        waiting.append(asker)
        return want()
    }

    /// Something changed on disk.
    mutating func changed(at now: Instant) { unrest = (unrest?.since ?? now, now) }

    /// When `tick` has something to say.
    var due: Instant? { unrest.map { min($0.last + Self.quiet, $0.since + Self.patience) } }

    /// True: begin a reading now.
    mutating func tick(at now: Instant) -> Bool {
        guard let due, now >= due else { return false }
        return want()
    }

    /// The reading is over: those who waited for it, and whether the next begins now.
    mutating func finished() -> (askers: [Asker], readsAgain: Bool) {
        let askers = served
        served = []
        isReading = false
        return (askers, isReadingWanted ? want() : false)
    }

    private mutating func want() -> Bool {
        // A reading that begins later than the change sees it.
        guard !isReading else {
            isReadingWanted = true
            unrest = nil
            return false
        }
        isReading = true
        isReadingWanted = false
        unrest = nil
        served = waiting
        waiting = []
        return true
    }
}
