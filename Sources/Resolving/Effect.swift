// SPDX-License-Identifier: MIT
import Policy
import Steering
import Wire

/// Somebody who waits for a reply.
package struct Client: Hashable, Sendable {
    /// What the listener needs to find its way back; nothing to us.
    package let token: UInt64
    package let transport: Transport
    package let app: App

    package init(token: UInt64, transport: Transport, app: App = .normal) {
        self.token = token
        self.transport = transport
        self.app = app
    }
}

package enum Transport: String, Hashable, Sendable { case udp, tcp }

/// A question on its way to a server. Never used twice.
package struct AskID: Hashable, Sendable {
    package let number: UInt64
    package init(number: UInt64) { self.number = number }
}

/// What the resolver wants done. To be carried out in order.
package enum Effect: Hashable, Sendable {
    case reply(Client, [UInt8], Source)
    /// Send these bytes to the server on its path, from a socket of its own; tell `Resolver.reply` or `Resolver.lost`.
    case ask(AskID, Ask, Transport, [UInt8])
    /// Nobody waits for this any more: close its socket.
    case close(AskID)
    /// Write these into the kernel, read its acknowledgement, then tell `Resolver.committed` — before anything else is carried out.
    case commit(CommitID, [SetChange])
    /// Tell those who watch; nothing depends on it.
    indirect case note(Note)
}

package struct CommitID: Hashable, Sendable { package let number: UInt64 }

/// Where a reply comes from.
package enum Source: Hashable, Sendable {
    /// Made here; no server was asked.
    case here
    case cache(Ask)
    case server(Ask)
}

/// Why no reply will come from a server.
package enum Loss: Hashable, Sendable {
    /// The kernel or an ICMP message says that it cannot be reached.
    case unreachable
    /// An encrypted server, or the connection to it: what the client is told if nobody else answers.
    case troubled(ExtendedError)
}
