// SPDX-License-Identifier: MIT
import Configuration
import Rules
import Testing
import Wire
import Workbench

@Suite struct WireGuardFileTests {
    static let good = Fixture.all(in: "wireguard-good", ending: ".conf")
    static let bad = Fixture.all(in: "wireguard-bad", ending: ".conf")

    @Test func theFixturesAreThere() {
        #expect(Self.good.count == 2)
        #expect(Self.bad.count == 5)
        #expect(Self.bad.allSatisfy { !$0.expected.isEmpty })
    }

    @Test(arguments: good) func goodFilesBecomeWhatWgTakes(_ fixture: Fixture) {
        let (file, problems) = WireGuardFile.read(fixture.bytes, file: fixture.name)
        fixture.expect(problems)
        let golden = Fixture.bytes(of: String(fixture.name.dropLast(5)) + ".setconf")
        #expect(file.setconf([Name("vpn.example")!: IPAddress("203.0.113.7")!]) == String(decoding: golden, as: UTF8.self))
    }

    @Test(arguments: bad) func everyProblemIsReportedAtOnceAndAtItsPlace(_ fixture: Fixture) {
        fixture.expect(WireGuardFile.read(fixture.bytes, file: fixture.name).problems)
    }

    @Test func theDeviceIsRead() {
        let office = WireGuardFile.read(Fixture.bytes(of: "wireguard-good/office.conf"), file: "office.conf").file
        #expect(office.addresses.map(\.description) == ["10.64.1.2/32", "fd00:64::2/128"])
        #expect(office.dns.map(\.description) == ["10.64.1.1:53", "[fd00:64::1]:53"])
        #expect(office.mtu == 1380)
        #expect(office.listenPort == nil)
        #expect(office.peers.map(\.endpoint?.description) == ["203.0.113.130:51820"])
        #expect(office.peers.map(\.persistentKeepalive) == [25])
        let hub = WireGuardFile.read(Fixture.bytes(of: "wireguard-good/hub.conf"), file: "hub.conf").file
        #expect(hub.listenPort == 51820)
        #expect(hub.addresses.map(\.description) == ["10.8.0.1/24", "10.8.0.9/32", "fd00:8::1/64"])
        #expect(hub.searchDomains.map(\.description) == ["corp.example", "search.example"])
        #expect(hub.peers.map { $0.allowedIPs.count } == [2, 1, 0])
        #expect(hub.peers.map(\.endpoint?.description) == [nil, "[2001:db8::1]:51820", "vpn.example:51820"])
        #expect(hub.endpointNames == [Name("vpn.example")!])
        #expect(!hub.setconf().contains("51820\n\n[Peer]\nPublicKey = xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=\nEndpoint"))
    }

    /// In no message, no hint, no dump and no excerpt: of no key more than a typing error's length.
    @Test(arguments: good + bad) func noKeyIsEverShown(_ fixture: Fixture) {
        let (file, problems) = WireGuardFile.read(fixture.bytes, file: fixture.name)
        // A warning at every line, so that every line is asked for.
        let everywhere = (1...60).map { Problem(.warning, file: fixture.name, line: $0, column: 5, "here") }
        var shown = render(problems + everywhere, color: false) { _ in fixture.bytes }
        shown += render(problems + everywhere, color: false) { _ in Array("x = 1\n".utf8) + fixture.bytes }
        shown += "\(problems)"
        dump(file.peers, to: &shown)
        shown += "\(file)" + String(reflecting: file)
        let words = String(decoding: fixture.bytes, as: UTF8.self).split { " \n=\"".contains($0) }.filter { $0.utf8.count >= 40 }
        if fixture.name.contains("good") { #expect(words.count >= 2) }
        for word in words {
            for start in stride(from: 0, to: word.count - 8, by: 4) {
                #expect(!shown.contains(word.dropFirst(start).prefix(8)))
            }
        }
    }

    /// The lab script `wgquick` holds what is read in them against the real tools.
    @Test func randomFilesAreReadOrRefusedWithPlaceAndReasonAndShowNoKey() {
        var files = WireGuardFiles(seed: 6)
        var refused = 0
        for _ in 0..<1000 {
            let bytes = files.next()
            let (file, problems) = WireGuardFile.read(bytes, file: "x.conf")
            let errors = problems.filter { $0.severity == .error }
            refused += errors.isEmpty ? 0 : 1
            #expect(errors.allSatisfy { !$0.message.isEmpty && ($0.line > 0 || $0.message == "there is no [Interface]") })
            let isWhole = file.privateKey != nil && !file.addresses.isEmpty && !file.peers.isEmpty
            #expect(isWhole || !errors.isEmpty)
            // What we hand to wg is read the same again.
            let again = WireGuardFile.read(Array(file.setconf().utf8), file: "x.conf").file
            #expect(again.peers == file.peers.map { $0.withoutName } && again.privateKey == file.privateKey)
            let shown = render(problems, color: false) { _ in bytes } + "\(problems)\(file)"
            let words = String(decoding: bytes, as: UTF8.self).split { !"+/".contains($0) && !($0.isASCII && ($0.isLetter || $0.isNumber)) }
                .filter { $0.utf8.count >= 40 }
            for word in words { #expect(!shown.contains(word.prefix(12))) }
        }
        #expect((300...700).contains(refused))
    }

    @Test(arguments: [
        ("/etc/wireguard/office.conf", "office"), ("wg0.conf", "wg0"), ("/a/a_b=c+d.e-f.conf", "a_b=c+d.e-f"),
        ("/a/sixteen-bytes-ab.conf", nil),
        ("/a/.conf", nil), ("/a/..conf", nil), ("/a/x y.conf", nil), ("/a/office", nil), ("/a/office.conf/", nil), ("", nil),
        ("/a/ü.conf", nil),
    ])
    func theDeviceIsNamedAsWgQuickDoes(_ path: String, _ name: String?) { #expect(WireGuardFile.deviceName(of: path) == name) }

    @Test(arguments: [
        ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", true), ("//////////////////////////////////////////8=", true),
        ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=", false), ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==", false),
        ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", false), ("-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", false), ("", false),
    ])
    func keysAreBase64OfThirtyTwoBytes(_ text: String, _ isKey: Bool) { #expect((WireGuardKey(text) != nil) == isKey) }
}

extension WireGuardFile.Peer {
    fileprivate var withoutName: Self {
        var peer = self
        if peer.endpoint?.name != nil { peer.endpoint = nil }
        return peer
    }
}
