// SPDX-License-Identifier: MIT
import Rules
import Wire

/// Reads a wg-quick file line by line. No message holds what could be key material.
struct WireGuardReader {
    private enum Section {
        case none, interface, unknown
        case peer(WireGuardPeerDraft)
    }

    private(set) var result: WireGuardFile
    var findings: Findings
    private var section = Section.none
    private var interfacePlace: Place?
    private var hasPeer = false
    /// Where each key of the section stands that may be there once.
    private var once: [String: Place] = [:]
    /// Which peer a network was last given to, and where.
    private var owners: [Network: (peer: Int, place: Place)] = [:]

    static let interfaceKeys = [
        "PrivateKey", "ListenPort", "Address", "DNS", "MTU", "Table", "FwMark", "PreUp", "PostUp", "PreDown", "PostDown", "SaveConfig",
    ]
    static let peerKeys = ["PublicKey", "PresharedKey", "AllowedIPs", "Endpoint", "PersistentKeepalive"]

    private let peersAreNodes: Bool

    init(file: String, peersAreNodes: Bool) {
        self.peersAreNodes = peersAreNodes
        result = WireGuardFile(name: file)
        findings = Findings(file: file)
    }

    mutating func read(_ bytes: [UInt8]) {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            findings.error(
                Place(line: 1, column: 1), "the file begins with a byte order mark, which wg does not read", hint: "save it without")
        }
        let text = SourceText(bytes, findings: &findings)
        for (index, scalars) in text.scalars.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if let line = WireGuardLine(scalars, number: index + 1) { read(line) }
        }
        closeSection()
        guard let interfacePlace else {
            findings.error(.whole, "there is no [Interface]")
            return
        }
        if result.privateKey == nil, !once.keys.contains("interface privatekey") {
            findings.error(
                interfacePlace, "[Interface] has no PrivateKey", hint: "write it here: commands such as PostUp are never run")
        }
        if result.addresses.isEmpty, !once.keys.contains("interface address") {
            findings.error(interfacePlace, "[Interface] has no Address")
        }
        reportSearchDomains()
        if !hasPeer { findings.error(interfacePlace, "there is no [Peer]: the tunnel would lead nowhere") }
        if let mtu = result.mtu, mtu < 1280, result.addresses.contains(where: { $0.address.family == .v6 }) {
            findings.warning(
                once["interface mtu"] ?? interfacePlace, "with an MTU below 1280 the kernel gives the device no IPv6 (RFC 8200 section 5)")
        }
    }

    private mutating func read(_ line: WireGuardLine) {
        if line.head.text.hasPrefix("[") { return openSection(line) }
        guard let value = line.value else {
            return findings.error(line.head.place, "expected \"Key = value\" or a section in brackets")
        }
        let key = line.head.text.folded
        switch section {
        case .none: findings.error(line.head.place, "a key before the first section", hint: "begin with [Interface]")
        case .unknown: break
        case .interface:
            guard let known = Self.interfaceKeys.first(where: { $0.folded == key }) else {
                return reportUnknown(line.head, value, own: Self.interfaceKeys, others: Self.peerKeys, otherSection: "[Peer]")
            }
            if isReadable(
                known, line.head, value, isList: ["Address", "DNS"].contains(known) || Self.isIgnored(known), prefix: "interface ")
            {
                readInterface(known, line.head.place, value)
            }
        case .peer(var peer):
            guard let known = Self.peerKeys.first(where: { $0.folded == key }) else {
                return reportUnknown(line.head, value, own: Self.peerKeys, others: Self.interfaceKeys, otherSection: "[Interface]")
            }
            if isReadable(known, line.head, value, isList: known == "AllowedIPs", prefix: "peer ") {
                peer.read(known, value, &findings)
            } else {
                peer.hasErrors = true
            }
            section = .peer(peer)
        }
    }

    private mutating func openSection(_ line: WireGuardLine) {
        closeSection()
        let place = line.head.place
        switch line.value == nil ? line.head.text.folded : "" {
        case "[interface]":
            section = .interface
            if let interfacePlace { findings.error(place, "[Interface] is there already, at line \(interfacePlace.line)") }
            interfacePlace = interfacePlace ?? place
        case "[peer]":
            section = .peer(WireGuardPeerDraft(place: place))
            hasPeer = true
            once = once.filter { $0.key.hasPrefix("interface ") }
        default:
            section = .unknown
            findings.error(place, "unknown section", hint: "there are [Interface] and [Peer]")
        }
    }

    private mutating func closeSection() {
        if case .peer(let draft) = section { take(draft) }
        section = .none
    }

    private mutating func take(_ draft: WireGuardPeerDraft) {
        guard let peer = draft.finish(&findings) else { return }
        let place = draft.keyPlace ?? draft.place
        if let first = result.peers.firstIndex(where: { $0.publicKey == peer.publicKey }) {
            let line = result.places["peer[\(first)].publickey"]?.line ?? 0
            return findings.error(place, "the [Peer] with this PublicKey is there already, at line \(line)", hint: "make one of the two")
        }
        let number = result.peers.count
        result.places["peer[\(number)].publickey"] = place
        result.places["peer[\(number)].endpoint"] = draft.endpointPlace
        result.peers.append(peer)
        guard !peersAreNodes else { return }
        // As the kernel does: the last one has it.
        for (network, place) in draft.networks {
            if let former = owners[network], former.peer != number {
                result.peers[former.peer].allowedIPs.removeAll { $0 == network }
                findings.warning(place, "\(network) is another peer's at line \(former.place.line): it is sent to this one")
            }
            owners[network] = (number, place)
        }
    }

    /// Once for the file.
    private mutating func reportSearchDomains() {
        guard let first = result.searchDomains.first, let place = result.places["search"] else { return }
        findings.warning(
            place, "Sluice writes no search list: short names are not completed with \(first)",
            hint: "to look its names up in the tunnel, write the rule: tunnel \(first)")
    }

    /// False, and reported, when the key is there already or has no value.
    private mutating func isReadable(
        _ key: String, _ head: WireGuardLine.Piece, _ value: WireGuardLine.Piece, isList: Bool, prefix: String
    ) -> Bool {
        let name = prefix + key.folded
        if let first = once[name], !isList {
            findings.error(head.place, "\(key) is there already, at line \(first.line)")
            return false
        }
        once[name] = once[name] ?? head.place
        // FwMark goes to wg, which takes none without a value.
        guard value.text.isEmpty, key == "FwMark" || !Self.isIgnored(key) else { return true }
        findings.error(value.place, "\(key) has no value")
        return false
    }

    /// The key is shown only if it is surely no piece of key material.
    private mutating func reportUnknown(
        _ head: WireGuardLine.Piece, _ value: WireGuardLine.Piece, own: [String], others: [String], otherSection: String
    ) {
        if let other = others.first(where: { $0.folded == head.text.folded }) {
            return findings.error(head.place, "\(other) belongs in \(otherSection)")
        }
        let near = nearestWord(to: head.text, among: own)
        let isWord = head.text.utf8.count <= 15 && head.text.unicodeScalars.allSatisfy(\.isBareKey) && !value.text.isEmpty
        let name = near != nil || isWord ? "unknown key \(quoted(head.text))" : "unknown key"
        findings.error(head.place, name, hint: near.map { "did you mean \($0)?" })
    }

    private static func isIgnored(_ key: String) -> Bool {
        ["Table", "FwMark", "PreUp", "PostUp", "PreDown", "PostDown", "SaveConfig"].contains(key)
    }

    private mutating func readInterface(_ key: String, _ place: Place, _ value: WireGuardLine.Piece) {
        switch key {
        case "PrivateKey":
            result.privateKey = value.readKey(key, &findings)
            result.places["privatekey"] = value.place
        case "ListenPort": result.listenPort = value.readNumber(key, in: 0...65535, &findings).flatMap { $0 == 0 ? nil : UInt16($0) }
        case "Address": value.readAddresses(into: &result.addresses, &findings)
        case "DNS":
            let known = result.searchDomains.count
            value.readResolvers(into: &result, &findings)
            if known == 0, !result.searchDomains.isEmpty { result.places["search"] = place }
        case "MTU":
            result.mtu = value.readNumber(key, in: 576...65535, &findings)
            if result.mtu != nil, value.text.hasPrefix("0") {
                findings.error(value.place, "ip(8) reads a number that begins with 0 as octal", hint: "leave the 0 out")
            }
        case "FwMark":
            value.checkMark(key, &findings)
            fallthrough
        case "Table":
            findings.warning(place, "\(key) is ignored: Sluice makes the routes and marks of the tunnel itself")
        case "SaveConfig":
            if !["true", "false"].contains(value.text.folded) { findings.error(value.place, "SaveConfig is to be true or false") }
            findings.warning(place, "SaveConfig is ignored: Sluice never writes this file")
        default:
            findings.warning(place, "\(key) is ignored: Sluice never runs commands of this file")
        }
    }
}

extension String {
    /// In lower case as far as ASCII goes: `wg` knows no other letters.
    var folded: String { String(decoding: utf8.map { $0 &- 65 < 26 ? $0 | 0x20 : $0 }, as: UTF8.self) }
}
