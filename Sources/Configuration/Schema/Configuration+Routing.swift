// SPDX-License-Identifier: MIT

extension Configuration {
    /// `[routing]`
    package struct Routing: Hashable, Sendable {
        package enum Default: String, Hashable, Sendable, CaseIterable {
            /// Only what rules say enters the tunnel.
            case direct
            /// All but what rules say enters the tunnel.
            case tunnel
        }

        /// What happens to an address owed to both a `tunnel` and a `direct` rule.
        package enum Conflict: String, Hashable, Sendable, CaseIterable {
            /// It goes in the tunnel, and is reported.
            case tunnel
            /// It is left out of the answer, if others remain.
            case narrow
        }

        package enum OnStop: String, Hashable, Sendable, CaseIterable {
            /// An ordinary stop removes everything of ours.
            case clean
            /// The refusals stay.
            case block
        }

        /// Default: `direct`.
        package var `default` = Default.direct
        /// Default: `tunnel`.
        package var conflict = Conflict.tunnel
        /// Default: `clean`.
        package var onStop = OnStop.clean

        package init() {}
    }

    /// `[health]`
    package struct Health: Hashable, Sendable {
        /// Time between two probes: 50 ms to 1 h. Default: 1 s.
        package var interval = Duration.seconds(1)
        /// Round trip above which another node is better, if it is: 1 ms to 1 min. Default: 200 ms.
        package var latency = Duration.milliseconds(200)
        /// A node is dead after twice as many unanswered probes of a burst: 1 to 20. Default: 3.
        package var failures = 3

        package init() {}
    }
}

extension Configuration.Routing {
    init(_ section: SectionReader) {
        section.read("default", into: &`default`)
        section.read("conflict", into: &conflict)
        section.read("on_stop", into: &onStop)
    }
}

extension Configuration.Health {
    init(_ section: SectionReader) {
        section.read("interval", into: &interval, in: .milliseconds(50) ... .seconds(3600))
        section.read("latency", into: &latency, in: .milliseconds(1) ... .seconds(60))
        section.read("failures", into: &failures, in: 1...20)
    }
}
