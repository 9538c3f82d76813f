// SPDX-License-Identifier: MIT
import Wire

/// The domain options of dnsmasq's configuration, one a line; `#` begins a comment.
///
/// - `server=/DOMAIN…/ADDRESS[#PORT]`: `tunnel`, `direct` and `lan` take the domains, asked at that server; `block` does not. `@INTERFACE` and
///   `@SOURCE` are left out with a warning. `#` as the server, dnsmasq's own servers, excepts the domains from the list; where they also stand in
///   an `nftset=` or `ipset=`, they are taken without a server. Of exceptions and other lines the longest domain decides.
/// - `local=/DOMAIN…/`, and `server=` without a server: not asked of anybody outside. `lan` and `block` take them.
/// - `nftset=/DOMAIN…/…` and `ipset=`: `tunnel`, `direct` and `lan` take the domains, whatever the set is called, asked at the server that a
///   `server=` of the same file names for them; `block` does not.
/// - `address=/DOMAIN…/`, with `#`, 0.0.0.0, :: or a loopback address: `block` takes them. Other addresses are not answered, and nothing takes them.
///
/// A domain is the name and all below it; `*.x` only what is below; `*x` every name that ends so; an empty one every name of one label. `#` as the
/// domain, which is every name, is not taken. All other options are passed over, with one warning for each.
struct DnsmasqList {
    /// Which option a line is.
    enum Option {
        case server, local, address, set
    }

    func read(_ bytes: Span<UInt8>, _ scope: inout ListScope, into sink: inout some ListSink) {
        var servers = DnsmasqServers()
        var others = Passed()
        // Sets last: what they name has its server by then.
        var hasSets = false
        var hasDefaults = false
        each(bytes) { key, value, line in
            guard let option = Self.option(bytes, key) else {
                others.pass(bytes, key, line)
                return
            }
            guard option == .set else {
                hasDefaults = hasDefaults || Self.isDefault(bytes, value)
                return
            }
            hasSets = true
        }
        if hasSets, hasDefaults {
            each(bytes) { key, value, line in
                guard Self.option(bytes, key) == .set else { return }
                domains(bytes, value) { domain in
                    guard scope.name.read(bytes, Self.name(bytes, domain)) == .name else { return }
                    servers.steer(scope.name)
                }
            }
        }
        each(bytes) { key, value, line in
            guard let option = Self.option(bytes, key), option != .set else { return }
            read(option, bytes, value, line, keeps: hasSets, &servers, &scope, into: &sink)
        }
        if hasSets {
            each(bytes) { key, value, line in
                guard Self.option(bytes, key) == .set else { return }
                readSet(bytes, value, line, servers, &scope, into: &sink)
            }
        }
        if scope.depth == 0 { others.say(scope.file, into: &sink) }
    }

    /// Options with their values, which are nil when there is no `=`; comments are cut off.
    private func each(_ bytes: Span<UInt8>, _ body: (_ key: Range<Int>, _ value: Range<Int>, _ line: Int) -> Void) {
        var lines = LineCursor()
        while var line = lines.next(in: bytes) {
            var from = line
            while let hash = bytes.first(UInt8(ascii: "#"), in: from) {
                guard hash == line.lowerBound || bytes.isBlank(hash - 1) else {
                    from = hash + 1..<line.upperBound
                    continue
                }
                line = bytes.trimmed(line.lowerBound..<hash)
                break
            }
            guard !line.isEmpty else { continue }
            let equals = bytes.first(UInt8(ascii: "="), in: line)
            let key = bytes.trimmed(line.lowerBound..<(equals ?? line.upperBound))
            let value = bytes.trimmed((equals.map { $0 + 1 } ?? line.upperBound)..<line.upperBound)
            body(key, value, lines.number)
        }
    }

    static func option(_ bytes: Span<UInt8>, _ key: Range<Int>) -> Option? {
        if bytes.equals(key, "server") { return .server }
        if bytes.equals(key, "local") { return .local }
        if bytes.equals(key, "address") { return .address }
        return bytes.equals(key, "nftset") || bytes.equals(key, "ipset") ? .set : nil
    }

    /// What stands behind the last `/` of a value that begins with one.
    static func target(_ bytes: Span<UInt8>, _ value: Range<Int>) -> Range<Int>? {
        guard !value.isEmpty, bytes[value.lowerBound] == UInt8(ascii: "/"), let end = bytes.last(UInt8(ascii: "/"), in: value),
            end > value.lowerBound
        else { return nil }
        return end + 1..<value.upperBound
    }

    private static func isDefault(_ bytes: Span<UInt8>, _ value: Range<Int>) -> Bool {
        guard let target = target(bytes, value) else { return false }
        return bytes.equals(target, "#")
    }

    /// Each domain between the slashes.
    func domains(_ bytes: Span<UInt8>, _ value: Range<Int>, _ body: (Range<Int>) -> Void) {
        guard let target = Self.target(bytes, value) else { return }
        var rest: Range<Int>? = value.lowerBound + 1..<target.lowerBound - 1
        while let domain = bytes.part(of: &rest, by: UInt8(ascii: "/")) { body(bytes.trimmed(domain)) }
    }

    /// A domain without what stands for "below it"; dnsmasq takes a dot at the start for nothing.
    static func name(_ bytes: Span<UInt8>, _ domain: Range<Int>) -> Range<Int> {
        if bytes.starts(domain, with: "*.") { return domain.lowerBound + 2..<domain.upperBound }
        return bytes.starts(domain, with: ".") ? domain.lowerBound + 1..<domain.upperBound : domain
    }
}

/// Options that name no domains: how often each stands there, and where first.
private struct Passed {
    private var keys: [String: (line: Int, count: Int)] = [:]

    mutating func pass(_ bytes: Span<UInt8>, _ key: Range<Int>, _ line: Int) {
        let name = ListScope.shown(bytes, key)
        let shown = keys[name] == nil && keys.count >= ListScope.kinds ? "…" : name
        keys[shown, default: (line, 0)].count += 1
    }

    func say(_ file: String, into sink: inout some ListSink) {
        for (key, found) in keys.sorted(by: { $0.value.line < $1.value.line }) {
            sink.warn(
                Problem(
                    .warning, file: file, line: found.line, column: 1,
                    "'\(key)' is no option for domains: \(found.count) line\(found.count == 1 ? "" : "s") passed over"))
        }
    }
}
