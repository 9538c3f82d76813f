// SPDX-License-Identifier: MIT
import Glibc
import Kernel
import Logging
import RuleFiles
import Steering
import Wire

/// Writes down what is owed, for the next run and for the time before it at boot, on a thread of its own: a slow disk holds nobody up.
///
/// What comes while it writes replaces what waits. Each file is whole at every moment, the one before or the one after.
final class LeaseKeeper: Sendable {
    private enum Message: Sendable {
        case leases(LeaseCopy)
        case blocking(RulesetPlan, [SetElement])
        case cache([UInt8]?)
        case endpoints([Name: IPAddress])
        case stop
    }

    private let inbox = Mailbox<Message>()
    private let state: StateFolder
    private let log: Logger

    init(_ state: StateFolder, _ log: Logger) {
        self.state = state
        self.log = log
    }

    func keep(_ leases: LeaseCopy) { inbox.post(.leases(leases)) }

    /// What stands for us until the daemon is there, at the next boot; the learned addresses of the tunnel are added.
    func keep(blocking plan: RulesetPlan, _ elements: [SetElement]) { inbox.post(.blocking(plan, elements)) }

    /// Answers, as bytes; nil: none are to be found by the next run.
    func keep(cache: [UInt8]?) { inbox.post(.cache(cache)) }

    /// What endpoints' names are.
    func keep(endpoints: [Name: IPAddress]) { inbox.post(.endpoints(endpoints)) }

    /// Writes what has come, then ends `run`.
    func stop() { inbox.post(.stop) }

    /// Until `stop`.
    func run() {
        var keeping = Keeping()
        var isStopping = false
        while !isStopping {
            var readable = pollfd(fd: inbox.fd, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&readable, 1, -1) > 0 else { continue }
            for message in inbox.take() {
                switch message {
                case .leases(let leases): keeping.leases = leases
                case .blocking(let plan, let elements): keeping.blocking = (plan, elements)
                case .cache(let image): keeping.cache = .some(image)
                case .endpoints(let endpoints): keeping.endpoints = endpoints
                case .stop: isStopping = true
                }
            }
            write(&keeping)
        }
    }

    private struct Keeping {
        /// Not yet written. Nothing of the ledger's is held longer: it would have to copy what it changes.
        var leases: LeaseCopy?
        /// The tunnel's addresses, as they were written last.
        var steered: [IPAddress] = []
        var blocking: (plan: RulesetPlan, elements: [SetElement])?
        /// Not yet written.
        var cache: [UInt8]??
        /// Not yet written.
        var endpoints: [Name: IPAddress]?
        /// What `block.nft` was last written with.
        var blocked = ""
        /// Told once.
        var trouble = ""
    }

    private func write(_ keeping: inout Keeping) {
        do throws(DaemonError) {
            let clock = ImageClock.current
            if let leases = keeping.leases {
                keeping.leases = nil
                keeping.steered = leases.addresses(of: .tunnel, at: clock.now)
                try state.keep(leases: leases.image(clock))
            }
            if let cache = keeping.cache {
                keeping.cache = nil
                if let cache { try state.keep(cache: cache) } else { state.forgetCache() }
            }
            if let endpoints = keeping.endpoints {
                keeping.endpoints = nil
                try state.keep(endpoints: endpoints)
            }
            if let (plan, elements) = keeping.blocking {
                let text = plan.replacement(with: elements + keeping.steered.sorted().map { SetElement.learned(.tunnel, $0) })
                if text != keeping.blocked { try state.keep(blocking: text) }
                keeping.blocked = text
            }
            keeping.trouble = ""
        } catch {
            if "\(error)" != keeping.trouble { log.warning("what is owed cannot be kept for the next run: \(error)") }
            keeping.trouble = "\(error)"
        }
    }
}

extension ImageClock {
    /// The machine's clocks now.
    static var current: ImageClock { ImageClock(now: Instant.now, wall: Int64(time(nil)), boot: bootID) }

    /// The kernel's name of this boot; zeros where it does not say: then no other run had the same.
    private static let bootID: [UInt8] = {
        let text = (try? HostFile.read("/proc/sys/kernel/random/boot_id")) ?? Array("\(getpid())".utf8)
        let digits = text.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }()
}
