// SPDX-License-Identifier: MIT

/// wg-quick files at random, valid ones of all forms and broken ones. Endpoints are addresses: whether `wg` finds a name is no matter of its reading.
package struct WireGuardFiles {
    private var random: SeededRandom

    package init(seed: UInt64) { random = SeededRandom(seed: seed) }

    /// Two of five are as they should be.
    package mutating func next() -> [UInt8] {
        var lines = file()
        let harm = Int.random(in: 0..<10, using: &random)
        if harm > 3 { for _ in 0..<Int.random(in: 1...2, using: &random) { bend(&lines) } }
        let end = chance(5) ? "\r\n" : "\n"
        var bytes = Array((lines.joined(separator: end) + (chance(8) ? "" : end)).utf8)
        if harm == 9 { bytes = random.mutate(bytes) }
        if harm > 3, chance(40) { bytes = [0xEF, 0xBB, 0xBF] + bytes }
        return bytes
    }

    private mutating func chance(_ oneIn: Int) -> Bool { Int.random(in: 0..<oneIn, using: &random) == 0 }
    private mutating func any(_ texts: [String]) -> String { texts.randomElement(using: &random) ?? "" }

    private mutating func file() -> [String] {
        var sections = [interface()]
        for _ in 0..<Int.random(in: 1...4, using: &random) { sections.append(peer()) }
        if chance(6) { sections.shuffle(using: &random) }
        var lines: [String] = []
        for section in sections {
            lines += section
            if chance(2) { lines.append("") }
        }
        if chance(4) {
            lines.insert("# \(any(["office", "", "[Peer]", "PublicKey = none"]))", at: Int.random(in: 0...lines.count, using: &random))
        }
        return lines
    }

    private mutating func interface() -> [String] {
        var lines = [line("PrivateKey", key())]
        for _ in 0..<Int.random(in: 1...2, using: &random) { lines.append(line("Address", list(1...3) { $0.interfaceAddress() })) }
        if chance(2) {
            lines.append(line("DNS", list(1...3) { $0.chance(4) ? $0.any(["corp.example", "a-b.example.", "home"]) : $0.address() }))
        }
        if chance(3) { lines.append(line("MTU", any(["1280", "1380", "1420", "1500", "576", "9000"]))) }
        if chance(3) { lines.append(line("ListenPort", any(["0", "51820", "65535", "01234", "1"]))) }
        if chance(6) { lines.append(line("FwMark", any(["off", "0xca6c", "51820", "0", "0xFFFFFFFF", "OFF"]))) }
        if chance(6) { lines.append(line("Table", any(["off", "auto", "1234"]))) }
        if chance(8) { lines.append(line("SaveConfig", any(["true", "false", "TRUE"]))) }
        if chance(6) {
            lines.append(line(any(["PreUp", "PostUp", "PreDown", "PostDown"]), any(["echo a=b, c", "wg set %i private-key /k", "x"])))
        }
        lines.shuffle(using: &random)
        return [section("Interface")] + lines
    }

    private mutating func peer() -> [String] {
        var lines = [line("PublicKey", key())]
        for _ in 0..<Int.random(in: 0...2, using: &random) {
            let networks = (0..<Int.random(in: 1...3, using: &random)).map { _ in network() }
            lines.append(line("AllowedIPs", networks.joined(separator: any([",", ", ", " , "]))))
        }
        if chance(2) { lines.append(line("Endpoint", endpoint())) }
        if chance(3) { lines.append(line("PersistentKeepalive", any(["25", "off", "0", "65535", "025", "Off"]))) }
        if chance(3) { lines.append(line("PresharedKey", chance(6) ? String(repeating: "A", count: 43) + "=" : key())) }
        lines.shuffle(using: &random)
        return [section("Peer")] + lines
    }

    private mutating func section(_ name: String) -> String {
        any(["", "", " ", "\t"]) + "[" + recased(name) + "]" + any(["", "", " ", " # \(name)"])
    }

    private mutating func line(_ key: String, _ value: String) -> String {
        any(["", "", " ", "\t "]) + recased(key) + any([" = ", "=", " =", "= ", "\t=\t"]) + value
            + any(["", "", "", " ", " # a comment = this"])
    }

    private mutating func recased(_ text: String) -> String {
        switch Int.random(in: 0..<6, using: &random) {
        case 0: text.lowercased()
        case 1: text.uppercased()
        default: text
        }
    }

    private mutating func list(_ count: ClosedRange<Int>, _ element: (inout Self) -> String) -> String {
        (0..<Int.random(in: count, using: &random)).map { _ in element(&self) }.joined(separator: any([",", ", ", " ", " , "]))
    }

    private mutating func key() -> String {
        let bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) } + [0]
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var text = ""
        for start in stride(from: 0, to: 33, by: 3) {
            let word = Int(bytes[start]) << 16 | Int(bytes[start + 1]) << 8 | Int(bytes[start + 2])
            for shift in [18, 12, 6, 0] { text.append(digits[word >> shift & 63]) }
        }
        return text.dropLast() + "="
    }

    private mutating func four() -> String {
        (["\(Int.random(in: 1...223, using: &random))"] + (0..<3).map { _ in "\(UInt8.random(in: 0...255, using: &random))" }).joined(
            separator: ".")
    }

    private mutating func six() -> String {
        let tail = String(UInt32.random(in: 1...0xFFFF, using: &random), radix: 16)
        return any(["fd00:64::\(tail)", "2001:db8:0:0:1:0:0:\(tail)", "2001:DB8::\(tail)", "fd00::1.2.3.4", "2001:0db8::0:\(tail)"])
    }

    private mutating func address() -> String { chance(3) ? six() : four() }

    private mutating func interfaceAddress() -> String {
        let isSix = chance(3)
        return (isSix ? six() : four()) + any(isSix ? ["", "/128", "/64"] : ["", "/32", "/24", "/8"])
    }

    private mutating func network() -> String {
        let isSix = chance(3)
        let length = Int.random(in: 0...(isSix ? 128 : 32), using: &random)
        return any(
            ["0.0.0.0/0", "::/0", "10.0.0.0/8"]
                + Array(repeating: (isSix ? six() : four()) + any(["", "/\(length)", "/0\(length)"]), count: 7))
    }

    private mutating func endpoint() -> String {
        let port = any(["51820", "1", "65535", "53"])
        return any(["\(four()):\(port)", "\(four()):\(port)", "[\(six())]:\(port)", "[\(four())]:\(port)", "[::ffff:192.0.2.1]:\(port)"])
    }

    /// One change of the kinds that people and programs make.
    private mutating func bend(_ lines: inout [String]) {
        let place = Int.random(in: 0..<lines.count, using: &random)
        switch Int.random(in: 0..<8, using: &random) {
        case 0: lines.remove(at: place)
        case 1: lines.insert(lines[place], at: Int.random(in: 0...lines.count, using: &random))
        case 2: lines.swapAt(place, Int.random(in: 0..<lines.count, using: &random))
        case 3: lines[place] = String(decoding: random.mutate(Array(lines[place].utf8)), as: UTF8.self)
        case 4: lines[place] = lines[place].filter { $0 != (chance(2) ? "=" : " ") }
        default: lines.insert(Self.oddities.randomElement(using: &random) ?? "", at: Int.random(in: 0...lines.count, using: &random))
        }
        if lines.isEmpty { lines = [""] }
    }

    private static let oddities = [
        "Address = 10.0.0.1/33", "Address = 10.0.0.1/010", "Address = 10.1/8", "Address = ::1/128", "Address =", "Address = ,",
        "Address = 10.0.0.1/255.0.0.0",
        "Address = fd00::7/64, fd00::7/128", "Address = 10.9.9.9/24, 10.9.9.9/24", "Address = 0.0.0.0/0", "Address = ff02::1/64",
        "Address = 10.0.0.1//8",
        "DNS = 10.64.1.1:53", "DNS = 1.2.3", "DNS =", "DNS = a b  c", "DNS = -x-", "DNS = 8.8.8.8;9.9.9.9", "DNS = ~corp.example",
        "MTU = 0", "MTU = 0x500", "MTU = 01420", "MTU = +1400", "MTU = 1420x", "MTU =", "MTU", "MTU = 65536", "MTU = 68",
        "MTU = 99999999999999999999",
        "ListenPort = -1", "ListenPort = +7", "ListenPort = 65536", "ListenPort = 0x10", "ListenPort = domain", "ListenPort =",
        "ListenPort = 1 2",
        "FwMark = banana", "FwMark = +8", "FwMark =", "FwMark = 0x", "FwMark = 0x100000000", "FwMark = 4294967296", "FwMark = 0xg",
        "FwMark = 010",
        "Table =", "Table = banana", "SaveConfig = yes", "SaveConfig =", "PostUp =", "PostUp", "PreUp = # nothing",
        "PrivateKey = AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "PrivateKey =", "PrivateKey = x", "Private Key = x",
        "PublicKey = AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "PublicKey = AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=", "PublicKey",
        "PresharedKey = \"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"", "PresharedKey =",
        "AllowedIPs =", "AllowedIPs = ,", "AllowedIPs = 10.0.0.0/8,", "AllowedIPs = 10.0.0.0/", "AllowedIPs = +10.0.0.0/8",
        "AllowedIPs = 10.0.0.0/8 11.0.0.0/8",
        "AllowedIPs = 010.0.0.0/8", "AllowedIPs = 10.0.0.0 / 8", "AllowedIPs = fe80::1%eth0/128", "AllowedIPs = 1:2:3:4:5:6:7:8:9/64",
        "Allowed IPs = 10.0.0.0/8",
        "AllowedIPs = ::ffff:10.0.0.1/128", "AllowedIPs = 10.0.0.0/-8", "AllowedIPs = 10.0.0.0/8/8", "AllowedIPs = 0/0",
        "Endpoint = 1.2.3.4", "Endpoint = 1.2.3.4:0", "Endpoint = 1.2.3.4:70000", "Endpoint = 2001:db8::1:51820",
        "Endpoint = [2001:db8::1]", "Endpoint = :51820",
        "Endpoint = 10.1:51820", "Endpoint = 0.0.0.0:51820", "Endpoint = [1.2.3.4:51820", "Endpoint = 1.2.3.4:5 1820",
        "Endpoint = 1.2.3.4:+51820", "Endpoint =",
        "Endpoint = 0x01020304:51820", "Endpoint = 1.2.3.4:domain", "Endpoint = [::]:1", "Endpoint = 256.1.1.1:1",
        "PersistentKeepalive = -1", "PersistentKeepalive = 65536", "PersistentKeepalive = +25", "PersistentKeepalive = 0x19",
        "PersistentKeepalive = on",
        "[Interface]", "[Peer]", "[ Peer ]", "[Peers]", "[Interface", "Interface]", "[]", "[Peer]x", "[Interface]=1", "#[Peer]",
        "; a comment", "Foo = bar",
        "= x", "=", "\u{0B}", "\u{0C}[Peer]\u{0C}", "\r", "\0", "MT\0U = 1400", "P\u{212A} = 1", "Per\u{017F}istentKeepalive = 1",
        "Address = 10.0.0.1/24\u{A0}",
        "Jc = 4", "DNS = *", "Address = *",
    ]
}
