// SPDX-License-Identifier: MIT
import Glibc
import Rules
import Testing

@testable import Daemon

/// What rules say of tunnels and networks, held against the configuration and the kernel's table.
@Suite struct ObjectionsTests {
    @Test(arguments: [
        ("tunnel:ofice corp.example", "there is no tunnel 'ofice'", "did you mean tunnel:office? the configuration has office, home"),
        ("tunnel:nope corp.example", "there is no tunnel 'nope'", "the configuration has office, home"),
        ("tunnel 127.0.0.0/8", "127.0.0.0/8 has no effect", ""), ("block ::1", "::1/128 has no effect", ""),
        ("direct 0.0.0.0/8", "0.0.0.0/8 has no effect", ""), ("direct ::ffff:0:0/96", "has no effect", ""),
        // These are moved by rules like all others.
        ("tunnel 169.254.0.0/16", "", ""), ("direct 224.0.0.0/4", "", ""), ("tunnel 126.0.0.0/7", "", ""),
        ("tunnel:home a.example", "", ""),
        ("direct a.example dscp=46 priority=1:10", "", ""), ("block a.example dscp=46", "dscp and priority have no effect", ""),
        ((0..<255).map { "direct a\($0).example priority=\($0)\n" }.joined(), "", ""),
        ((0..<257).map { "direct a\($0).example priority=\($0)\n" }.joined(), "more than 255 different pairs", ""),
    ])
    func rulesAreHeldAgainstTheConfiguration(_ rule: String, _ message: String, _ hint: String) {
        var template = Array("/tmp/sluice-rules-XXXXXX".utf8CString)
        let folder = unsafe mkdtemp(&template).map { unsafe String(cString: $0) } ?? "/nonexistent"
        defer { _ = unsafe system("rm -rf \(folder)") }
        for (file, text) in [
            ("a.rules", rule + "\n"),
            (
                "sluice.toml",
                ["office", "home"].map { "[[tunnel]]\nname = \"\($0)\"\ninterface = \"wg-\($0)\"\ndns = [\"10.9.9.9\"]\n" }.joined()
                    + "[rules]\nfiles = [\"a.rules\"]\n[paths]\nstate = \"\(folder)\"\n"
            ),
        ] {
            unsafe system("cat > \(folder)/\(file) <<'EOF'\n\(text)EOF")
        }
        let said = Loaded(path: folder + "/sluice.toml").problems.filter {
            $0.file == folder + "/a.rules" && !$0.message.contains("larger")
        }
        #expect(said.count == (message.isEmpty ? 0 : 1), "\(said)")
        #expect(said.allSatisfy { $0.message.contains(message) && ($0.hint ?? "").contains(hint) }, "\(said)")
    }
}
