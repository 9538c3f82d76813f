// SPDX-License-Identifier: MIT
import Configuration
import Rules
import Testing

/// No bytes stop the process, or keep it long.
@Suite struct HostileInputTests {
    /// A generator with a seed, so that a failure can be repeated (SplitMix64, Steele, Lea and Flood 2014).
    private struct Seeded: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    private static let files =
        ConfigurationTests.good + ConfigurationTests.bad + TOMLTests.good + TOMLTests.bad + WireGuardFileTests.good + WireGuardFileTests.bad

    @Test func mutationsOfFilesNeverTrap() throws {
        var random = Seeded(state: 2)
        var problemsSeen = 0
        for round in 0..<2000 {
            let file = try #require(Self.files.randomElement(using: &random))
            let bytes = Self.mutated(file.bytes, using: &random)
            let (configuration, first) = Configuration.read(bytes, file: "sluice.toml")
            let (tunnel, second) = WireGuardFile.read(bytes, file: "a.conf")
            let path = configuration.tunnel.first.map { "\($0.source)" } ?? ""
            let third = configuration.problems(withTunnelFiles: ["/etc/wireguard/office.conf": tunnel, path: tunnel])
            problemsSeen += first.count + second.count + third.count
            #expect(render(first + second + third, color: round % 2 == 0) { _ in bytes }.utf8.count > 0)
            #expect((first + second).allSatisfy { $0.line >= 0 && $0.column >= 0 && !$0.message.isEmpty })
        }
        #expect(problemsSeen > 2000)
    }

    /// Bytes changed, cut out, doubled, swapped, and pieces of syntax put in.
    private static func mutated(_ bytes: [UInt8], using random: inout Seeded) -> [UInt8] {
        var bytes = bytes
        let pieces = [
            "[", "]", "{", "}", "\"", "\"\"\"", "'''", "=", ".", ",", "\n", "\r", "\\", "\\u", "[[", "#", "0x", "1e", "é", "\u{0}",
        ]
        for _ in 0..<Int.random(in: 1...8, using: &random) {
            let start = Int.random(in: 0...bytes.count, using: &random)
            let end = min(bytes.count, start + Int.random(in: 0...12, using: &random))
            switch Int.random(in: 0..<5, using: &random) {
            case 0: for index in start..<end { bytes[index] = UInt8.random(in: 0...255, using: &random) }
            case 1: bytes.removeSubrange(start..<end)
            case 2: bytes.insert(contentsOf: bytes[start..<end], at: start)
            case 3: bytes.insert(contentsOf: (pieces.randomElement(using: &random) ?? "").utf8, at: start)
            default: bytes = Array(bytes[start...] + bytes[..<start])
            }
        }
        return bytes
    }

    @Test(arguments: [
        "[", "{", "a={", "[[", "a.", "\"", "\"\"\"", "a=[", "a=\"\"\"", "a='''\n", "[a.", "#", "=\n", "[[tunnel]]\n", "a=1\n", "\u{FF}",
        ",\n",
    ])
    func oneThingRepeatedEndsSoon(_ piece: String) {
        let bytes = Array(String(repeating: piece, count: (1 << 18) / piece.utf8.count).utf8)
        let clock = ContinuousClock()
        let taken = clock.measure {
            let problems = Configuration.read(bytes, file: "f").problems
            #expect(problems.count <= 1001)
            #expect(piece == "#" || !problems.isEmpty)
            #expect(WireGuardFile.read(bytes, file: "f").problems.count <= 1001)
            _ = render(problems, color: false) { _ in bytes }
        }
        #expect(taken < .seconds(10))
    }

    @Test func aFileBeyondTheLimitIsRefused() {
        let bytes = Array(repeating: UInt8(ascii: "#"), count: (1 << 20) + 1)
        let problems = Configuration.read(bytes, file: "f").problems
        #expect(problems.map(\.severity) == [.error])
        #expect(problems.first?.message.contains("1048576") == true)
    }
}
