// SPDX-License-Identifier: MIT
import Wire

extension DnsmasqList {
    /// - Parameter keeps: whether the servers are wanted later, for the sets.
    func read(
        _ option: Option, _ bytes: Span<UInt8>, _ value: Range<Int>, _ line: Int, keeps: Bool, _ servers: inout DnsmasqServers,
        _ scope: inout ListScope, into sink: inout some ListSink
    ) {
        guard let target = Self.target(bytes, value) else {
            scope.warn(
                "servers for all names", line: line, "'\(ListScope.shown(bytes, value))' names no domain: not taken",
                hint: "/DOMAIN/ADDRESS; servers = […] in the configuration is for all names", into: &sink)
            return
        }
        var said = ListLine(line: line)
        switch option {
        case .server where !target.isEmpty, .local where !target.isEmpty:
            guard scope.asks else { return against("server=", "names a server", line, &scope, into: &sink) }
            if bytes.equals(target, "#") { return readDefault(bytes, value, line, keeps, &servers, &scope, into: &sink) }
            said.via = server(bytes, target, line, &scope, into: &sink)
        case .server, .local:
            guard scope.action == .lan || scope.action == .block else {
                return against("local=", "says that nobody outside is asked", line, &scope, into: &sink)
            }
        case .address, .set:
            guard Self.isSink(bytes, target) else {
                scope.warn(
                    "addresses that are not answered", line: line,
                    "the address '\(ListScope.shown(bytes, target))' is not answered: the line is not taken", into: &sink)
                return
            }
            guard scope.action == .block else { return against("address=", "says block", line, &scope, into: &sink) }
        }
        domains(bytes, value) { domain in
            take(bytes, domain, said, &scope, into: &sink)
            guard said.via != nil, !domain.isEmpty, scope.name.read(bytes, Self.name(bytes, domain)) == .name else { return }
            if keeps, !servers.note(scope.name, said.via) {
                let name = scope.name
                scope.warn("second servers of a name", line: line, "'\(name)' has a server already: only the first is asked", into: &sink)
            }
        }
    }

    /// `server=/d/#`.
    private func readDefault(
        _ bytes: Span<UInt8>, _ value: Range<Int>, _ line: Int, _ hasSets: Bool, _ servers: inout DnsmasqServers,
        _ scope: inout ListScope, into sink: inout some ListSink
    ) {
        domains(bytes, value) { domain in
            let isName = scope.name.read(bytes, Self.name(bytes, domain)) == .name
            if hasSets, isName {
                _ = servers.note(scope.name, nil)
                if servers.isSteered(scope.name) { return take(bytes, domain, ListLine(line: line), &scope, into: &sink) }
                if servers.isSteeredBelow(scope.name) {
                    let name = scope.name
                    scope.warn(
                        "exceptions around a set", line: line,
                        "'\(name)' is to be asked at the usual servers, and a set has names below it: not taken", into: &sink)
                    return
                }
            }
            take(bytes, domain, ListLine(line: line, isException: true), &scope, into: &sink)
        }
    }

    func readSet(
        _ bytes: Span<UInt8>, _ value: Range<Int>, _ line: Int, _ servers: DnsmasqServers, _ scope: inout ListScope,
        into sink: inout some ListSink
    ) {
        guard let target = Self.target(bytes, value), !target.isEmpty else {
            scope.warn(
                "sets without a domain or a name", line: line, "'\(ListScope.shown(bytes, value))' is not /DOMAIN/SET", into: &sink)
            return
        }
        guard scope.asks else { return against("nftset= or ipset=", "fills a set", line, &scope, into: &sink) }
        domains(bytes, value) { domain in
            var said = ListLine(line: line)
            if scope.name.read(bytes, Self.name(bytes, domain)) == .name { said.via = servers.server(for: scope.name) }
            take(bytes, domain, said, &scope, into: &sink)
        }
    }

    /// A domain as dnsmasq means it.
    private func take(
        _ bytes: Span<UInt8>, _ domain: Range<Int>, _ said: ListLine, _ scope: inout ListScope, into sink: inout some ListSink
    ) {
        if domain.isEmpty {
            if scope.depth == 0 { sink.take(.regex("^[^.]+$"), said) }
        } else if bytes.equals(domain, "#") || bytes.equals(domain, "*") {
            scope.warn(
                "lines for every name", line: said.line, "a rule for every name: not taken",
                hint: "routing.default in the configuration says where all else goes", into: &sink)
        } else if bytes.starts(domain, with: "*."), scope.readName(bytes, Self.name(bytes, domain), line: said.line, into: &sink) {
            scope.take(.below, said, into: &sink)
        } else if bytes.starts(domain, with: "*"), !bytes.starts(domain, with: "*.") {
            guard scope.readName(bytes, domain.lowerBound + 1..<domain.upperBound, line: said.line, into: &sink) else { return }
            if scope.depth == 0 { scope.takeRegex(RegexText.ends(with: scope.name), said, into: &sink) }
        } else if !bytes.starts(domain, with: "*."), scope.readName(bytes, Self.name(bytes, domain), line: said.line, into: &sink) {
            scope.take(.suffix, said, into: &sink)
        }
    }

    /// `ADDRESS[#PORT][@INTERFACE][@SOURCE]`.
    private func server(
        _ bytes: Span<UInt8>, _ target: Range<Int>, _ line: Int, _ scope: inout ListScope, into sink: inout some ListSink
    ) -> ServerAddress? {
        var place = target
        if let at = bytes.first(UInt8(ascii: "@"), in: target) {
            place = target.lowerBound..<at
            scope.warn(
                "servers with an interface or a source address", line: line,
                "'\(ListScope.shown(bytes, at..<target.upperBound))' is left out: the path says where the question leaves", into: &sink)
        }
        let server = scope.server(bytes, place) { text in
            let parts = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
            let host = parts[0].split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
            guard let address = IPAddress(host[0]) else { return nil }
            let port = parts.count == 2 ? UInt16(parts[1]) : 53
            guard let port, port != 0, host.count == 1 || !host[1].isEmpty else { return nil }
            return ServerAddress(address, port: port, zone: host.count == 2 ? String(host[1]) : nil)
        }
        if server == nil {
            scope.warn(
                "servers that cannot be asked", line: line,
                "'\(ListScope.shown(bytes, place))' is not an address: its domains are asked at the path's own servers", into: &sink)
        }
        return server
    }

    private static func isSink(_ bytes: Span<UInt8>, _ target: Range<Int>) -> Bool {
        if target.isEmpty || bytes.equals(target, "#") { return true }
        return target.count <= 64 && IPAddress(bytes.string(target)).map { HostsList.isSink($0) } == true
    }

    private func against(_ option: String, _ says: String, _ line: Int, _ scope: inout ListScope, into sink: inout some ListSink) {
        let action = scope.action.rawValue
        scope.warn("\(option) in a \(action) list", line: line, "\(option) \(says), the include '\(action)': not taken", into: &sink)
    }
}
