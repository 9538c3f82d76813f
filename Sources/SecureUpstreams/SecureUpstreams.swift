// SPDX-License-Identifier: MIT
import NIOCore
import NIOPosix
import Policy
import Wire

/// What came of questions to encrypted servers.
package enum SecureEvent: Hashable, Sendable {
    /// The reply to the question of this number, with the id it was asked with.
    case reply(UInt64, [UInt8])
    /// No reply will come.
    case lost(UInt64, ExtendedError)
    /// What is wrong with a server now, told once; nil: it answers again.
    case trouble(Ask, ExtendedError?)
}

/// Asks `tls://` and `https://` servers, on a thread of its own that begins with the first question: until then there is no thread, no connection
/// and no certificate in memory. Used by one thread.
package final class SecureUpstreams {
    private let report: @Sendable (SecureEvent) -> Void
    private var roots: String?
    private var desk: Desk?
    /// Questions that were asked and not yet closed.
    private var open: Set<UInt64> = []

    private struct Desk {
        let loop: any EventLoop
        let servers: NIOLoopBoundBox<SecureServers>
    }

    /// - Parameters:
    ///   - roots: a file of certificates (PEM) that are trusted besides the system's.
    ///   - report: called on another thread.
    package init(roots: String?, report: @escaping @Sendable (SecureEvent) -> Void) {
        self.roots = roots
        self.report = report
    }

    /// Sends a question, whose OPT record is its last, or lets it wait for its server's connection.
    /// - Parameter number: by which `report` tells what came of it; never used twice.
    package func ask(_ number: UInt64, _ ask: Ask, _ message: [UInt8]) {
        open.insert(number)
        let desk = begun
        desk.loop.execute { desk.servers.value.ask(Question(number, message), ask) }
    }

    /// What `report` told of this question has been heard: there is nothing left to close.
    package func heard(_ number: UInt64) { open.remove(number) }

    /// Nobody waits for this any more. A number that is none of ours is passed over.
    package func close(_ number: UInt64) {
        guard !open.isEmpty, let desk, open.remove(number) != nil else { return }
        desk.loop.execute { desk.servers.value.close(number) }
    }

    /// The way to servers of these paths, or by these tunnels that rules name, is another now: their connections end at once, and what was asked on them is lost.
    package func leave(_ paths: [Path], _ nodes: Set<Node> = []) {
        guard let desk, !paths.isEmpty || !nodes.isEmpty else { return }
        desk.loop.execute { desk.servers.value.leave(paths, nodes) }
    }

    /// Trusts another file from now on; read anew even if it has the same name.
    package func trust(_ roots: String?) {
        self.roots = roots
        guard let desk else { return }
        desk.loop.execute { desk.servers.value.trust(roots) }
    }

    private var begun: Desk {
        if let desk { return desk }
        let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()
        let servers = SecureServers(loop: loop, roots: roots, report: report)
        let desk = Desk(loop: loop, servers: NIOLoopBoundBox.makeBoxSendingValue(servers, eventLoop: loop))
        self.desk = desk
        return desk
    }
}
