// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Resolving
import RuleFiles
import Rules
import Wire

/// Reads configuration and rules on a thread of its own, of lower priority than those that answer and supervise.
final class Loader: Sendable {
    private enum Job: Sendable {
        /// Read everything; tell what differs from these rules.
        case read(Matcher)
        /// Remember these lists as good ones.
        case keep(RuleBook)
    }

    /// What came of it.
    struct Reading: Sendable {
        let loaded: Loaded
        /// To the rules before it; nil when it has errors.
        let difference: MatcherDifference?
        /// Names that new rules name exactly, to be looked up ahead.
        let ahead: [Name]
        /// It took so long, in milliseconds.
        let duration: Int64
    }

    private let jobs = Mailbox<Job>()
    private let path: String
    private let inbox: Mailbox<SupervisorMessage>

    /// Errors: no thread to be had.
    init(path: String, inbox: Mailbox<SupervisorMessage>) throws(DaemonError) {
        self.path = path
        self.inbox = inbox
        var thread = pthread_t()
        let status = unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<Loader>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        guard status == 0 else { throw .system("start a thread", status) }
        // Nobody waits for it: what it does at the end of the process is of no use to anybody.
        pthread_detach(thread)
    }

    func read(after former: Matcher) { jobs.post(.read(former)) }

    func keep(_ book: RuleBook) { jobs.post(.keep(book)) }

    private func run() {
        // Of this thread alone, on Linux.
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
        while true {
            var state = pollfd(fd: jobs.fd, events: Int16(POLLIN), revents: 0)
            _ = unsafe poll(&state, 1, -1)
            for job in jobs.take() { carryOut(job) }
            // The pages of what was read and thrown away, back to the kernel.
            malloc_trim(0)
        }
    }

    private func carryOut(_ job: Job) {
        switch job {
        case .read(let former):
            let began = Instant.now
            let loaded = Loaded(path: path, keepsLists: true)
            let difference = loaded.errors.isEmpty ? MatcherDifference(from: former, to: loaded.matcher) : nil
            let ahead = loaded.errors.isEmpty ? loaded.matcher.exactNames(notIn: former) : []
            inbox.post(.read(Reading(loaded: loaded, difference: difference, ahead: ahead, duration: Instant.now - began)))
            if loaded.errors.isEmpty { keepCopies(of: loaded.book) }
        case .keep(let book): keepCopies(of: book)
        }
    }

    private func keepCopies(of book: RuleBook) {
        do throws(ListShelf.Trouble) {
            try book.commit()
        } catch {
            inbox.post(.notKept(error.text))
        }
    }
}
