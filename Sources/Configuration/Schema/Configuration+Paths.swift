// SPDX-License-Identifier: MIT

extension Configuration {
    /// `[rules]`
    package struct Rules: Hashable, Sendable {
        /// Rule files, `*` and `?` in the last part; relative paths count from the configuration's folder. Default: `/etc/sluice/rules.d/*.rules`.
        package var files = ["/etc/sluice/rules.d/*.rules"]

        package init() {}
    }

    /// `[leases]`
    package struct Leases: Hashable, Sendable {
        /// How long an address stays steered after its TTL and the stale window, for clients that keep addresses longer: 0 s to 7 d. Default: 30 min.
        package var grace = Duration.seconds(1800)
        /// Addresses that each of the kernel's sets holds at the most: 1,024 to 1,048,576. Default: 262,144; an empty set costs nothing, a full one
        /// 20 to 30 MB.
        package var size = 262_144
        /// Entries (address and name) of one rule: 256 to 1,048,576. Default: 131,072, so that none takes more than half of a set.
        package var perRule = 131_072
        /// Addresses of one name: 16 to 65,535. Default: 1,024; an answer of the longest kind holds four times as many.
        package var perName = 1024

        package init() {}
    }

    /// `[cache]`
    package struct Cache: Hashable, Sendable {
        /// MiB of answers kept at the most: 1 to 1,024. Default: 8, some 5,000 answers.
        package var size = 8
        /// How long an answer is kept after its TTL and given if no server of its path answers: 0 s (never) to 7 d. Default: 1 d (RFC 8767 section 5).
        package var stale = Duration.seconds(86_400)
        /// Whether what is asked for in the last tenth of its TTL is looked up again before it is over. Default: true.
        package var prefetch = true
        /// Whether answers outlast a restart, in the state folder. Default: false.
        package var keep = false

        package init() {}
    }

    /// `[control]`
    package struct Control: Hashable, Sendable {
        /// The group whose members may look and, with root, command: up, down, flush, reload, exec. Default: `sluice`.
        package var group = "sluice"

        package init() {}
    }

    /// `[paths]`
    package struct Paths: Hashable, Sendable {
        /// The folder of the control socket and the pid; absolute, at most 80 bytes, since a socket's whole path has at most 107. Default: `/run/sluice`.
        package var run = "/run/sluice"
        /// The folder of the leases, of what was taken over, and of the last word of up and down; absolute. Default: `/var/lib/sluice`.
        package var state = "/var/lib/sluice"

        package init() {}
    }
}

extension Configuration.Rules {
    init(_ section: SectionReader) {
        section.read("files", into: &files, of: "paths") { text, place, findings in
            if let error = SectionReader.fileError(text) { findings.error(place, error) }
            return text
        }
    }
}

extension Configuration.Leases {
    init(_ section: SectionReader) {
        section.read("grace", into: &grace, in: .zero ... .seconds(7 * 86_400))
        section.read("size", into: &size, in: 1024...1_048_576)
        section.read("per_rule", into: &perRule, in: 256...1_048_576)
        section.read("per_name", into: &perName, in: 16...65_535)
    }
}

extension Configuration.Cache {
    init(_ section: SectionReader) {
        section.read("size", into: &size, in: 1...1024)
        section.read("stale", into: &stale, in: .zero ... .seconds(7 * 86_400))
        section.read("prefetch", into: &prefetch)
        section.read("keep", into: &keep)
    }
}

extension Configuration.Control {
    init(_ section: SectionReader) {
        section.read("group", into: &group) { name in
            let isName =
                (1...32).contains(name.utf8.count) && name.unicodeScalars.allSatisfy { $0.isBareKey || $0 == "." || $0 == "$" }
                && !name.hasPrefix("-")
            return isName ? nil : "\(quoted(name)) is no group name"
        }
    }
}

extension Configuration.Paths {
    init(_ section: SectionReader) {
        section.readPath("run", into: &run) {
            $0.utf8.count <= 80 ? nil : "a path of \($0.utf8.count) bytes; a socket in it needs one of at most 80"
        }
        section.readPath("state", into: &state)
    }
}
