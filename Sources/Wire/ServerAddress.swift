// SPDX-License-Identifier: MIT

/// A name server as configuration, rule files and `why` write it: `10.0.1.1`, `9.9.9.9:53`, `[fe80::1%eth0]:53`,
/// `tls://9.9.9.9#dns.example`, `https://9.9.9.9/dns-query#dns.example`, `tls://192.0.2.1#sha256=BASE64`.
///
/// One object: it goes with every question and every answer, and has four things to count in it.
package final class ServerAddress: Sendable, CustomStringConvertible {
    /// How the server is spoken to. `plain` is UDP, and TCP after truncation (RFC 7766).
    package enum Scheme: Hashable, Sendable {
        case plain
        /// DNS over TLS (RFC 7858), as the strict profile has it (RFC 8310): never in the clear.
        case tls(ServerIdentity)
        /// DNS over HTTPS (RFC 8484).
        case https(path: String, ServerIdentity)
    }

    package let scheme: Scheme
    package let address: IPAddress
    package let port: UInt16
    /// The interface a link-local address belongs to (RFC 4007 section 11); nil for every other address.
    package let zone: String?
    private let ownHash: Int

    package init(_ address: IPAddress, port: UInt16 = 53, zone: String? = nil, scheme: Scheme = .plain) {
        self.scheme = scheme
        self.address = address.unmapped
        self.port = port
        self.zone = zone
        var hasher = Hasher()
        hasher.combine(self.address)
        hasher.combine(port)
        hasher.combine(zone)
        hasher.combine(scheme)
        ownHash = hasher.finalize()
    }

    /// Reads any of the forms above; nil when it is none of them. A port of 0 is refused.
    package convenience init?(_ text: some StringProtocol) {
        var rest = Substring(text)
        var scheme = Scheme.plain
        var port: UInt16 = 53
        if let range = Self.prefix("tls://", of: rest) {
            rest = rest[range...]
            guard let identity = Self.cutIdentity(of: &rest) else { return nil }
            scheme = .tls(identity)
            port = 853
        } else if let range = Self.prefix("https://", of: rest) {
            rest = rest[range...]
            guard let identity = Self.cutIdentity(of: &rest) else { return nil }
            let path = Self.cutTail(at: "/", of: &rest)
            scheme = .https(path: "/" + (path ?? "dns-query"), identity)
            port = 443
        }
        var host = rest
        if rest.hasPrefix("[") {
            guard let end = rest.firstIndex(of: "]") else { return nil }
            host = rest[rest.index(after: rest.startIndex)..<end]
            let tail = rest[rest.index(after: end)...]
            if !tail.isEmpty {
                guard tail.hasPrefix(":"), let value = UInt16(tail.dropFirst()) else { return nil }
                port = value
            }
        } else if rest.utf8.count(where: { $0 == UInt8(ascii: ":") }) == 1, let colon = rest.firstIndex(of: ":") {
            host = rest[..<colon]
            guard let value = UInt16(rest[rest.index(after: colon)...]) else { return nil }
            port = value
        }
        let zone = Self.cutTail(at: "%", of: &host)
        guard let address = IPAddress(host), port != 0, zone.map(Self.isZone) ?? true else { return nil }
        self.init(address, port: port, zone: zone.map(String.init), scheme: scheme)
    }

    /// Always with the port, IPv6 in brackets: `10.64.0.1:53`, `[fe80::1%eth0]:53`, `tls://9.9.9.9:853#dns.example`.
    package var description: String {
        let host = "\(address)" + (zone.map { "%" + $0 } ?? "")
        let place = (address.family == .v6 ? "[\(host)]" : host) + ":\(port)"
        return switch scheme {
        case .plain: place
        case .tls(let identity): "tls://" + place + identity.suffix
        case .https(let path, let identity): "https://" + place + path + identity.suffix
        }
    }

    /// Whether what is asked of it is encrypted.
    package var isSecure: Bool {
        switch scheme {
        case .plain: false
        case .tls, .https: true
        }
    }

    /// Whether a zone is told from what stands around it; whether an interface may have that name is the configuration's business.
    private static func isZone(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (33...126).contains($0) && !"/:[]%#".utf8.contains($0) }
    }

    private static func prefix(_ prefix: String, of text: Substring) -> Substring.Index? {
        text.hasPrefix(prefix) ? text.index(text.startIndex, offsetBy: prefix.count) : nil
    }

    private static func cutIdentity(of text: inout Substring) -> ServerIdentity? {
        guard let tail = cutTail(at: "#", of: &text) else { return ServerIdentity() }
        return ServerIdentity(tail)
    }

    /// Cuts `text` before the first `mark` and returns what stood behind it.
    private static func cutTail(at mark: Character, of text: inout Substring) -> Substring? {
        guard let index = text.firstIndex(of: mark) else { return nil }
        defer { text = text[..<index] }
        return text[text.index(after: index)...]
    }
}

extension ServerAddress: Hashable {
    package static func == (left: ServerAddress, right: ServerAddress) -> Bool {
        left === right
            || left.ownHash == right.ownHash && left.address == right.address && left.port == right.port && left.zone == right.zone
                && left.scheme == right.scheme
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(ownHash) }
}
