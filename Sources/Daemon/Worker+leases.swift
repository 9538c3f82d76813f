// SPDX-License-Identifier: MIT
import Kernel
import Logging
import Resolving
import Steering
import Wire

/// What is owed lasts longer than a run.
extension Worker {
    /// What was last handed to the keeper.
    struct Kept {
        var revision: UInt64 = 0
        var extensions: UInt64 = 0
        var due = Instant.now
    }

    /// What the last run wrote down, by the rules of today, and what it left in the kernel: what was steered into the tunnel stays so without a
    /// gap, whatever clients still hold.
    static func inherit(_ ledger: Ledger, _ start: WorkerStart, _ sets: inout SetWriter) -> Ledger {
        var ledger = ledger
        let now = Instant.now
        if let image = start.image {
            do throws(ImageError) {
                let count = try ledger.restore(image.span, .current)
                start.log.info("owed from the last run: \(count) addresses")
            } catch {
                start.log.warning("what was owed in the last run is not known any more: \(error.text); what stands in the kernel stays")
            }
        }
        let snapshot = start.situation.snapshot
        _ = snapshot.rematch(&ledger, at: now)
        for set in [SetName.tunnel4, .tunnel6] {
            let left = ((try? sets.elements(of: set)) ?? []).filter { snapshot.admits($0, Ledger.Verdict(.tunnel, rule: 0), stands: true) }
            ledger.adopt(left, to: .tunnel, at: now)
        }
        return ledger
    }

    /// Hands what is owed to the keeper if it has changed: every five seconds at the most, and so that no more than some 200 kB a second are
    /// written. That something was only extended is told once a minute: the grace is longer.
    func keepLeases(at now: Instant) {
        let ledger = resolver.ledger
        guard now >= kept.due, ledger.revision != kept.revision || ledger.extensions != kept.extensions && now >= kept.due + 55_000 else {
            return
        }
        keeper.keep(ledger.copy)
        kept = Kept(
            revision: ledger.revision, extensions: ledger.extensions, due: now + 5000 * Int64(1 + ledger.entryCount / 20_000))
    }

    /// Takes in the answers of the last run, if they are to outlast it. Before the first question, when it is known which network this is.
    func restoreCache(_ image: [UInt8]?, _ situation: Situation) {
        guard situation.keepsCache, let image else { return }
        do throws(ImageError) {
            let count = try resolver.restoreCache(
                image.span, .current, network: situation.networkName, number: situation.snapshot.network)
            log.info("\(count) answers are known from the last run")
        } catch {
            log.warning("the answers of the last run are not known any more: \(error.text)")
        }
    }

    /// Hands the answers to the keeper every five minutes, at the end, and when they were flushed, if they are to outlast this run.
    func keepCache(at now: Instant, isLast: Bool = false) {
        guard isLast || now >= cacheDue else { return }
        cacheDue = now + 300_000
        keeper.keep(cache: situation.keepsCache ? resolver.cacheImage(.current, network: situation.networkName) : nil)
    }

    /// Finds how this kernel renews elements.
    func probeSets() {
        do throws(KernelError) {
            let renewal = try sets.probe()
            log.info("addresses of direct rules are renewed \(renewal == .inPlace ? "in place" : "by taking them out and in")")
        } catch {
            log.warning("how the kernel renews elements is not known, so they are taken out and in: \(error)")
        }
    }
}

extension ImageError {
    fileprivate var text: String {
        switch self {
        case .foreign: "the file is none of ours"
        case .version(let version): "the file is of version \(version) of its format"
        case .damaged: "the file is damaged"
        }
    }
}
