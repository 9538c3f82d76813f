// SPDX-License-Identifier: MIT
import Rules

/// A request to the daemon: one line of JSON on its control socket; the answer is one line or more, then the end.
package struct ControlRequest: Codable, Sendable {
    package enum Verb: String, Codable, Sendable {
        case status, query, reload, up, down, exec, monitor, leases, conflicts, rules, why, names, flush, test

        /// Whether it only looks.
        var isForAll: Bool {
            switch self {
            case .status, .query, .monitor, .leases, .conflicts, .rules, .why, .names: true
            case .reload, .up, .down, .exec, .flush, .test: false
            }
        }
    }

    package let verb: Verb
    /// A name or, where the verb takes one, an address.
    package var name: String?
    package var type: UInt16?
    /// A class of apps: for `exec` the new one, for `why` that of the asker.
    package var app: String?
    /// For `exec`: a process other than the one that asks.
    package var pid: Int32?
    /// For `why`: a state to suppose instead of the present one.
    package var state: String?
    /// For `leases`: at most so many; nil: all.
    package var limit: Int?

    package init(
        _ verb: Verb, name: String? = nil, type: UInt16? = nil, app: String? = nil, pid: Int32? = nil, state: String? = nil,
        limit: Int? = nil
    ) {
        self.verb = verb
        self.name = name
        self.type = type
        self.app = app
        self.pid = pid
        self.state = state
        self.limit = limit
    }
}

/// The daemon's answer to a request: exactly one of these is there.
package struct ControlReply: Codable, Sendable {
    package var status: StatusReport?
    package var query: QueryReport?
    package var reload: Reload?
    /// The state that `up` or `down` led to at once.
    package var state: String?
    /// What `exec` did.
    package var joined: Joined?
    package var happening: Happening?
    package var leases: LeasePage?
    package var conflicts: ConflictReport?
    package var rules: RulesReport?
    package var explanation: Explanation?
    package var address: AddressExplanation?
    /// Some of the names that were asked lately.
    package var names: [String]?
    package var flush: Flush?
    package var error: String?

    package struct Reload: Codable, Sendable {
        package let rules: Int
        /// Errors as text, one a line of the file; empty when the new configuration is in force.
        package let errors: [String]
        /// Lists of which the last good version is in force, and why.
        package let kept: [String]
        /// To the rules before; null when nothing was taken.
        package let difference: Difference?
    }

    /// What a reload changed.
    package struct Difference: Codable, Sendable {
        package let added: Int
        package let removed: Int
        /// Rules that can never decide, since an earlier one that wants something else has the same pattern.
        package let conflicting: Int
        /// The same with a few examples, for people.
        package let text: String

        init(_ difference: MatcherDifference) {
            added = difference.added.count
            removed = difference.removed.count
            conflicting = difference.conflicting.count
            text = difference.text
        }
    }

    package struct Joined: Codable, Sendable {
        package let pid: Int32
        package let app: String
    }

    package struct Flush: Codable, Sendable {
        /// Cached answers that were forgotten.
        package let answers: Int
        /// Addresses that stay owed: a flush takes none.
        package let leases: Int
    }

    init(_ part: (inout ControlReply) -> Void) { part(&self) }
    init(state: String) { self.state = state }
    init(joined: Joined) { self.joined = joined }
    init(happening: Happening) { self.happening = happening }
    init(status: StatusReport) { self.status = status }
    init(query: QueryReport) { self.query = query }
    init(reload: Reload) { self.reload = reload }
    init(error: String) { self.error = error }
}
