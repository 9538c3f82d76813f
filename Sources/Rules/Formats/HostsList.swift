// SPDX-License-Identifier: MIT
import Wire

/// `ADDRESS NAME…` a line, each name exactly; `#` begins a comment.
///
/// Names at 0.0.0.0, ::, or a loopback address are what a blocking list blocks: the include's action takes the place of that, so `tunnel`,
/// `direct` and `lan` take them too. Names at any other address: `tunnel`, `direct` and `lan` take the name and look it up, with a warning, since
/// the address is not answered; `block` does not take them. The names that every machine's own hosts file begins with (`localhost`,
/// `ip6-allnodes`, …) are passed over.
struct HostsList {
    func read(_ bytes: Span<UInt8>, _ scope: inout ListScope, into sink: inout some ListSink) {
        var lines = LineCursor()
        while var line = lines.next(in: bytes) {
            if let comment = bytes.first(UInt8(ascii: "#"), in: line) { line = line.lowerBound..<comment }
            guard let address = bytes.word(of: &line) else { continue }
            guard let isSink = Self.isSink(bytes, address) else {
                scope.warn(
                    "lines without an address", line: lines.number, "'\(ListScope.shown(bytes, address))' is not an address",
                    hint: "0.0.0.0 NAME, or include plain for a list of names", into: &sink)
                continue
            }
            read(names: line, of: bytes, line: lines.number, isSink: isSink, &scope, into: &sink)
        }
    }

    /// The names behind an address.
    func read(
        names: Range<Int>, of bytes: Span<UInt8>, line: Int, isSink: Bool, _ scope: inout ListScope, into sink: inout some ListSink
    ) {
        var rest = names
        var count = 0
        while let word = bytes.word(of: &rest) {
            count += 1
            guard !Self.isOwn(bytes, word), scope.readName(bytes, word, line: line, into: &sink) else { continue }
            if !isSink {
                let name = scope.name
                guard scope.asks else {
                    scope.warn(
                        "names with an address of their own, in a block list", line: line,
                        "'\(name)' has an address of its own here, and is not taken by 'block'", hint: "0.0.0.0 \(name)", into: &sink)
                    continue
                }
                scope.warn(
                    "addresses that are not answered", line: line,
                    "'\(name)' is looked up: the address that stands here is not what is answered", into: &sink)
            }
            sink.take(.exact, scope.name, ListLine(line: line))
        }
        if count == 0 { scope.warn("addresses without a name", line: line, "no name behind the address", into: &sink) }
    }

    /// Whether the address is one that leads nowhere; nil when it is no address.
    static func isSink(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool? {
        if bytes.equals(range, "0.0.0.0") || bytes.equals(range, "127.0.0.1") { return true }
        guard range.count <= 64 else { return nil }
        let text = bytes.string(range)
        guard let address = IPAddress(text.prefix { $0 != "%" }) else { return nil }
        return isSink(address)
    }

    static func isSink(_ address: IPAddress) -> Bool {
        switch address.unmapped {
        case .v4(let raw): raw == 0 || raw >> 24 == 127
        case .v6(let high, let low): high == 0 && low <= 1
        }
    }

    /// Names that stand in the hosts file of a machine for its own use.
    private static let own = [
        "localhost", "localhost.localdomain", "local", "broadcasthost", "0.0.0.0", "ip6-localhost", "ip6-loopback", "ip6-localnet",
        "ip6-mcastprefix", "ip6-allnodes", "ip6-allrouters", "ip6-allhosts",
    ]

    private static func isOwn(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        // Their first letters rule out nearly all others.
        switch bytes[range.lowerBound] | 0x20 {
        case UInt8(ascii: "l"), UInt8(ascii: "b"), UInt8(ascii: "0"), UInt8(ascii: "i"):
            own.contains { bytes.equals(range, $0, blind: true) }
        default: false
        }
    }
}
