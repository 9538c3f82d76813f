// SPDX-License-Identifier: MIT

/// The `hosts:` line of nsswitch.conf: whether the C library reads resolv.conf at all, and whom it asks before (nsswitch.conf(5)).
package struct NameServices: Hashable, Sendable {
    package struct Service: Hashable, Sendable {
        package let name: String
        /// Outcomes after which no further service is asked: of `success`, `notfound`, `unavail`, `tryagain`.
        package let ends: Set<Outcome>
    }

    package enum Outcome: String, Hashable, Sendable, CaseIterable { case success, notfound, unavail, tryagain }

    package enum Verdict: Hashable, Sendable {
        /// Lookups come by resolv.conf.
        case resolvConf
        /// They come, but these are asked before, and what they answer is not ours to decide.
        case after([String])
        /// They come only while this one does not run: whatever it says is final.
        case onlyWithout(String)
        /// There is no `dns`, or something before it ends every lookup.
        case never
    }

    package let services: [Service]

    /// - Parameter text: of nsswitch.conf. Without a `hosts:` line: `files dns`, as glibc has it.
    package init(_ text: String) {
        let line = text.split(whereSeparator: \.isNewline).last { $0.drop(while: \.isWhitespace).hasPrefix("hosts:") }
        let words = (line.map { $0.prefix { $0 != "#" }.drop(while: \.isWhitespace).dropFirst("hosts:".count) } ?? "files dns")[...]
        var services: [Service] = []
        var rest = words
        while let first = rest.first {
            if first.isWhitespace {
                rest = rest.dropFirst()
            } else if first == "[" {
                let inside = rest.dropFirst().prefix { $0 != "]" }
                rest = rest[inside.endIndex...].dropFirst()
                guard let last = services.popLast() else { continue }
                services.append(Service(name: last.name, ends: Self.ends(inside, from: last.ends)))
            } else {
                let name = rest.prefix { !$0.isWhitespace && $0 != "[" }
                rest = rest[name.endIndex...]
                services.append(Service(name: name.lowercased(), ends: [.success]))
            }
        }
        self.services = services
    }

    /// `NOTFOUND=return`, `!UNAVAIL=return`, several of them in one bracket.
    private static func ends(_ text: Substring, from start: Set<Outcome>) -> Set<Outcome> {
        var ends = start
        for word in text.split(whereSeparator: \.isWhitespace) {
            let parts = word.lowercased().split(separator: "=")
            guard parts.count == 2 else { continue }
            let negated = parts[0].hasPrefix("!")
            guard let named = Outcome(rawValue: String(negated ? parts[0].dropFirst() : parts[0])) else { continue }
            let outcomes = negated ? Set(Outcome.allCases).subtracting([named]) : [named]
            if parts[1] == "return" { ends.formUnion(outcomes) } else { ends.subtract(outcomes) }
        }
        return ends
    }

    package var verdict: Verdict {
        var before: [String] = []
        for service in services {
            switch service.name {
            case "dns": return before.isEmpty ? .resolvConf : .after(before)
            // These know only this machine's own names, or those of .local, and of others say that they are not theirs.
            case "files", "myhostname", "mymachines", "libvirt", "libvirt_guest", "mdns_minimal", "mdns4_minimal", "mdns6_minimal": break
            default:
                if service.ends.contains(.notfound) {
                    return service.ends.contains(.unavail) || !services.contains { $0.name == "dns" } ? .never : .onlyWithout(service.name)
                }
                before.append(service.name)
            }
        }
        return .never
    }
}

extension NameServices {
    /// Nil when all is well; else what it means, and what to type.
    package var warning: (what: String, hint: String)? {
        let line = "in /etc/nsswitch.conf, the hosts line should read: files dns"
        switch verdict {
        case .resolvConf: return nil
        case .after(let names):
            return (
                "lookups of programs ask \(names.joined(separator: ", ")) before resolv.conf: what those answer never comes to us", line
            )
        case .onlyWithout(let name):
            let hint = name == "resolve" ? "\(line) (without resolve), or: systemctl disable --now systemd-resolved" : line
            return ("lookups of programs go to \(name), which asks its own servers, and to resolv.conf only while it does not run", hint)
        case .never: return ("lookups of programs never read resolv.conf: what we answer reaches only those that ask it themselves", line)
        }
    }
}

extension HostPaths {
    /// How this machine's C library looks up hosts.
    package var hostNameServices: NameServices { NameServices(Disk.text(nameServices) ?? "") }
}
