// SPDX-License-Identifier: MIT
import Synchronization

/// Lookups in the tunnel in use, as the worker counts them and the supervisor reads them: that a resolver stops answering is seen by those who ask it.
final class TunnelLookups: Sendable {
    private let asked = Atomic<UInt64>(0)
    private let answered = Atomic<UInt64>(0)

    func noteAsked() { asked.add(1, ordering: .relaxed) }
    func noteAnswered() { answered.add(1, ordering: .relaxed) }

    var counts: (answered: UInt64, asked: UInt64) { (answered.load(ordering: .relaxed), asked.load(ordering: .relaxed)) }
}
