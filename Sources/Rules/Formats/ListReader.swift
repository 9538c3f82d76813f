// SPDX-License-Identifier: MIT
import Wire

/// Reads one list into a sink; which lines each action takes stands at the type of each format.
///
/// What cannot be taken is a warning at its line; of more than three of a kind the rest is counted. A problem of severity *error* means that this is
/// no list, or not all of it: what was taken until then is not to be used, the former list is kept.
package struct ListReader: Sendable {
    package let kind: ListKind
    /// As messages name it, and as `open` understands its neighbours.
    package let file: String
    package let action: Action
    /// Whether a plain list's names are meant without what is below them.
    package let isExact: Bool
    /// What lines of a geosite list must be marked with.
    package let attributes: [ListAttribute]
    private let idna: @Sendable (String) -> String?
    private let open: @Sendable (String) -> [UInt8]?
    private let beside: @Sendable () -> [String]

    /// - Parameters:
    ///   - idna: the A-label form of a name with characters beyond ASCII; nil if it has none.
    ///   - open: the bytes of a file, by its name in the list's own folder, for `include:` of geosite lists; nil if there is none.
    ///   - beside: the names of the files in that folder, for affiliations between geosite lists.
    package init(
        _ kind: ListKind, file: String, action: Action, isExact: Bool = false, attributes: [ListAttribute] = [],
        idna: @escaping @Sendable (String) -> String?, open: @escaping @Sendable (String) -> [UInt8]? = { _ in nil },
        beside: @escaping @Sendable () -> [String] = { [] }
    ) {
        self.kind = kind
        self.file = file
        self.action = action
        self.isExact = isExact
        self.attributes = attributes
        self.idna = idna
        self.open = open
        self.beside = beside
    }

    package func read(_ bytes: Span<UInt8>, into sink: inout some ListSink) {
        // A byte order mark says nothing in UTF-8, and editors put it there.
        let hasMark = bytes.count >= 3 && bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF
        let text = hasMark ? bytes.extracting(droppingFirst: 3) : bytes
        if let problem = Self.foreign(text, kind, file) { return sink.warn(problem) }
        var scope = ListScope(file: file, action: action, idna: idna)
        switch kind {
        case .plain: PlainList(isExact: isExact).read(text, &scope, into: &sink)
        case .geosite: GeositeList(filter: attributes, open: open, beside: beside).read(text, &scope, into: &sink)
        case .dnsmasq: scope.readInwards(&sink) { DnsmasqList().read(text, &$0, into: &$1) }
        case .adguard: scope.readInwards(&sink) { AdguardList().read(text, &$0, into: &$1) }
        case .clash: ClashList().read(text, &scope, into: &sink)
        case .singbox: SingboxList().read(text, &scope, into: &sink)
        case .hosts: HostsList().read(text, &scope, into: &sink)
        case .rpz:
            scope.readInwards(&sink) { scope, sink in
                var zone = PolicyZone()
                zone.read(text, &scope, into: &sink)
            }
        }
        scope.finish(&sink)
    }

    /// What a server sends instead of a list, as its first bytes tell.
    private static func foreign(_ bytes: Span<UInt8>, _ kind: ListKind, _ file: String) -> Problem? {
        func error(_ message: String, _ hint: String) -> Problem { Problem(.error, file: file, line: 1, column: 1, message, hint: hint) }
        var start = 0
        while start < bytes.count, bytes.isBlank(start) || bytes[start] == UInt8(ascii: "\n") || bytes[start] == UInt8(ascii: "\r") {
            start += 1
        }
        guard start < bytes.count else { return nil }
        if bytes[start] == UInt8(ascii: "<") {
            return error(
                "this is HTML, not a \(kind.rawValue) list", "a server's error page, or the page around the list: fetch the raw file")
        }
        if kind != .singbox, bytes[start] == UInt8(ascii: "{") {
            return error("this is JSON, not a \(kind.rawValue) list", "include singbox, if it is a rule-set of sing-box")
        }
        let marks: [(bytes: [UInt8], name: String)] = [
            ([0x1F, 0x8B], "gzip"), ([0x28, 0xB5, 0x2F, 0xFD], "zstd"), ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "xz"),
            ([0x50, 0x4B, 3, 4], "zip"),
            ([0x42, 0x5A, 0x68], "bzip2"),
        ]
        for mark in marks where bytes.count > mark.bytes.count && mark.bytes.indices.allSatisfy({ bytes[$0] == mark.bytes[$0] }) {
            guard mark.name != "bzip2" || bytes[3] &- 48 < 10 && bytes.count > 9 && bytes[4] == 0x31 else { continue }
            return error("this is a file compressed by \(mark.name)", "unpack it first")
        }
        if bytes.count > 3, bytes.starts(0..<bytes.count, with: "SRS"), bytes[3] < 32 {
            return error("this is a binary rule-set of sing-box", "sing-box rule-set decompile FILE makes JSON of it")
        }
        for index in start..<min(bytes.count, start + 512) where bytes[index] == 0 {
            return error("this is not text", "a \(kind.rawValue) list is text")
        }
        return nil
    }
}
