// SPDX-License-Identifier: MIT
import Glibc
import Rules
import Testing

@testable import Daemon

/// wg-quick files as secrets: who may touch them, and whether their keys can work.
@Suite struct SecretFilesTests {
    private static let own = "yGBWkcstwLR5LIYOGabLLPpbhMjIGOZAtP50NsM/32k="
    private static let ownOpen = "Ov3ekdKwBv6PjtVhfCVdb4LnpBV/L1QRuBThXUgVlT4="
    private static let peer = "BxjetvnxltSLvg+8gNFelAl1Qvtuisq6b+jygkuMrGM="

    /// What is said of a wg-quick file with this mode and this PublicKey.
    private func problems(mode: mode_t = 0o600, owner: uid_t? = nil, key: String = peer) -> [Problem] {
        var template = Array("/tmp/sluice-secret-XXXXXX".utf8CString)
        let folder = unsafe mkdtemp(&template).map { unsafe String(cString: $0) } ?? "/nonexistent"
        defer { _ = unsafe system("rm -rf \(folder)") }
        let conf =
            "[Interface]\nPrivateKey = \(Self.own)\nAddress = 10.64.1.2/32\nDNS = 10.64.1.1\n[Peer]\nPublicKey = \(key)\nAllowedIPs = 0.0.0.0/0"
        let toml = "[[tunnel]]\nname = \"a\"\nconfig = \"a.conf\"\n[rules]\nfiles = []\n[paths]\nstate = \"\(folder)\""
        for (file, text) in [("a.conf", conf), ("sluice.toml", toml)] { unsafe system("cat > \(folder)/\(file) <<'EOF'\n\(text)\nEOF") }
        unsafe chmod(folder + "/a.conf", mode)
        if let owner { unsafe chown(folder + "/a.conf", owner, 0) }
        let all = Loaded(path: folder + "/sluice.toml").problems
        for problem in all { for secret in [Self.own, key] { #expect(!"\(problem)".contains(secret.prefix(8))) } }
        return all.filter { $0.file == "a.conf" }
    }

    @Test(arguments: [0o600, 0o400, 0o700] as [mode_t]) func whatOnlyRootReadsIsFine(_ mode: mode_t) { #expect(problems(mode: mode) == []) }

    @Test(arguments: [0o640, 0o644, 0o604] as [mode_t]) func whatOthersReadIsAWarning(_ mode: mode_t) {
        let found = problems(mode: mode)
        #expect(found.map(\.severity) == [.warning])
        #expect(found.first?.hint == "chmod 600 a.conf")
    }

    @Test(arguments: [0o620, 0o602, 0o666, 0o664] as [mode_t]) func whatOthersWriteIsAnError(_ mode: mode_t) {
        #expect(problems(mode: mode).map(\.severity) == [.error])
    }

    @Test(.enabled(if: geteuid() == 0)) func whatIsAnothersIsAnError() {
        let found = problems(owner: 65534)
        #expect(found.map(\.severity) == [.error])
        #expect(found.first?.hint == "chmod 600 a.conf && chown root a.conf")
    }

    @Test(arguments: [
        (ownOpen, "this is the PublicKey of our own PrivateKey"),
        ("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "this PublicKey is no key: nobody can have it"),
        ("4Ot6fDtBuK4WVuP68Z/EatoJjeucMrH9hmIFFl9JuAA=", "this PublicKey is no key: nobody can have it"),
    ])
    func aKeyThatCannotWorkIsAnErrorAtItsPlace(_ key: String, _ message: String) {
        let found = problems(key: key)
        #expect(found.map(\.message) == [message])
        #expect(found.allSatisfy { $0.severity == .error && $0.line == 6 && $0.column == 13 })
    }
}
