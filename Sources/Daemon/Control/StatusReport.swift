// SPDX-License-Identifier: MIT

/// What the daemon tells those who look (contract: the JSON of each verb). Keys are stable within a schema.
package struct StatusReport: Codable, Sendable {
    package var schema = 1
    package let state: String
    package let pid: Int32
    /// Seconds since the daemon began.
    package let uptime: Int64
    /// The file the daemon runs by.
    package let configuration: String
    package let listeners: [String]
    package let tunnels: [Tunnel]
    package let paths: [Path]
    /// Encrypted servers with which something is wrong.
    package let troubles: [Trouble]
    package let sets: [Set]
    package let leases: Leases
    package let rules: Rules
    /// How often something of ours in the kernel was found changed by others and put back.
    package let repairs: Int
    /// The same, by what was changed.
    package let repaired: Repaired
    package let resolvConf: ResolvConf
    package let questions: Questions
    package let late: Late
    /// The prefix by which this network translates IPv6 to IPv4; null: none, or not looked for.
    package let nat64: String?

    /// Clients that may still take the way which rules have since closed.
    package struct Late: Codable, Sendable {
        /// Names answered before their rule came whose addresses it could not take (`block`, or a guard).
        package let names: Int
        /// Seconds until their last client has forgotten them; 0: there is none.
        package let seconds: Int64
        /// The same for answers whose names are no longer known.
        package let forgotten: Int64
        /// Seconds until answers of the time before the daemon began are over, if none was kept longer than a day.
        package let before: Int64
    }

    package struct Tunnel: Codable, Sendable, Equatable {
        package let name: String
        package let interface: String
        /// Whether there is a device of that name.
        package let hasInterface: Bool
        package let state: String
        package let inUse: Bool
        package let resolvers: [String]
        /// How it answers: `new` (not yet), `alive`, `slow`, `suspect`, `mute` (its resolver does not), `dead`.
        package let condition: String
        /// Seconds since that changed last, suspicions left out; null: not known.
        @OrNull package var since: Int64?
        /// Round trips of probes in the tunnel, in milliseconds: about now (null while it is dead), and what 99 of the last hundred did not exceed;
        /// null: not known.
        @OrNull package var latency: Double?
        @OrNull package var p99: Double?
        /// The share of the last hundred probes that were lost, 0 to 1; null: not known.
        @OrNull package var loss: Double?
        /// Seconds since the last handshake seen; null: none.
        @OrNull package var handshake: Int64?
        /// Bytes since its device is there.
        package let received: UInt64
        package let sent: UInt64
        /// Why it is in use, and the seconds since it is; null: it is not, or has been from the start.
        @OrNull package var chosen: String?
        @OrNull package var changed: Int64?
        /// With `nodes = "peers"`: which is active, counted from 1 in the order of the file, and of how many; else null.
        @OrNull package var peer: Int?
        @OrNull package var peers: Int?
        /// The same of each of them, in that order: seconds since its last handshake; null: none.
        package let peerHandshakes: [Int64?]
        /// What `tunnels test` found last; null: it was not asked for.
        @OrNull package var test: Test?

        /// Round trips in milliseconds; null: none was answered.
        package struct Test: Codable, Sendable, Equatable {
            package let sent: Int
            package let answered: Int
            @OrNull package var shortest: Double?
            @OrNull package var middle: Double?
            @OrNull package var longest: Double?
        }
    }

    package struct Path: Codable, Sendable {
        package let path: String
        package let open: Bool
        package let servers: [String]
        /// Questions sent on it.
        package let asked: UInt64
    }

    package struct Trouble: Codable, Sendable {
        package let server: String
        package let path: String
        package let text: String
    }

    package struct ResolvConf: Codable, Sendable, Equatable {
        /// `ours`, `not ours`, `disturbed` (changed by others, about to be put back) or `contested` (given up).
        package let state: String
        /// How often others changed it, and how often it was put back, since the start.
        package let changes: Int
        package let repairs: Int
    }

    package struct Repaired: Codable, Sendable {
        package let table: Int
        package let rules: Int
        package let routes: Int
        package let links: Int
        package let resolvConf: Int
    }

    package struct Set: Codable, Sendable {
        package let name: String
        package let elements: Int
    }

    /// What is owed, and what had to give way since the start.
    package struct Leases: Codable, Sendable {
        /// Each counted once for each route.
        package let addresses: Int
        /// Pairs of an address and a name.
        package let owners: Int
        /// Owners that ended before their time because a name, a rule or a set had too many.
        package let evicted: Int
        /// Addresses taken out of answers since nothing could give way.
        package let excess: Int
        /// Addresses that the kernel did not take.
        package let refused: Int
        /// Addresses that rules of different actions claim.
        package let conflicts: Int
    }

    package struct Rules: Codable, Sendable {
        package let count: Int
        package let files: [String]
        /// Errors of the last reload, which was not taken; the rules before it are in force.
        package let rejected: [String]
        package let lists: [List]
    }

    /// A list that a rule file includes.
    package struct List: Codable, Sendable, Equatable {
        package let file: String
        package let kind: String
        /// The rule file and line of the include.
        package let place: String
        package let entries: Int
        package let signed: Bool
        /// Why the list on disk was not taken and its last good version is in force; null: it is the one on disk.
        package let kept: String?
    }

    package struct Questions: Codable, Sendable {
        package let total: UInt64
        package let cached: UInt64
        /// Given after their time, since no server gave a newer answer (RFC 8767).
        package let stale: UInt64
        /// Told without asking that they failed a moment ago (RFC 9520).
        package let failedBefore: UInt64
        package let refused: UInt64
        package let blocked: UInt64
        package let local: UInt64
        /// Replies of upstreams that did not fit their question.
        package let foreignReplies: UInt64
        /// Addresses that no set may take, removed from answers.
        package let guarded: UInt64
        /// The same by what they are: `own`, `loopback`, `private` …
        package let guardedBy: [String: UInt64]
        /// Addresses of this machine and its networks, removed from answers to names without a rule.
        package let rebinding: UInt64
        /// Addresses of `direct` names that are owed to the tunnel: removed; and answers in which none would have remained.
        package let narrowed: UInt64
        package let conflicts: UInt64
        /// Answers that a rule has because of a name that the asked one is an alias of.
        package let byAlias: UInt64
        /// Addresses for which there was no room.
        package let excess: UInt64
        package let commitFailures: UInt64
        package let evictions: Int
        package let cacheEntries: Int
    }
}
