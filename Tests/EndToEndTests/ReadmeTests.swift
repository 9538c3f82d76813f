// SPDX-License-Identifier: MIT
import Configuration
import Glibc
import Rules
import Testing

/// What README shows can be copied: every configuration and rule block loads without an error.
@Suite struct ReadmeTests {
    struct Block {
        let language: String
        let line: Int
        var text = ""
    }

    static func blocks() throws -> [Block] {
        let bytes = try Machine.contents(of: "README.md")
        var blocks: [Block] = []
        var open: Block?
        for (index, line) in String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.hasPrefix("```") {
                if let block = open {
                    blocks.append(block)
                    open = nil
                } else {
                    open = Block(language: String(line.dropFirst(3)), line: index + 1)
                }
            } else {
                open?.text += line + "\n"
            }
        }
        return blocks
    }

    @Test func everyConfigurationBlockLoads() throws {
        let blocks = try Self.blocks().filter { $0.language == "toml" }
        #expect(blocks.count == 2)
        for block in blocks {
            let problems = Configuration.read(Array(block.text.utf8), file: "README.md").problems.filter { $0.severity == .error }
            #expect(problems.isEmpty, "the block at line \(block.line): \(problems)")
        }
    }

    @Test func everyRuleBlockLoads() throws {
        let blocks = try Self.blocks().filter { $0.language == "rules" }
        var rules: [Rule] = []
        var includes: [Include] = []
        for block in blocks {
            let (items, problems) = RuleParser.read(Array(block.text.utf8), file: "README.md", idna: { _ in nil })
            #expect(problems.isEmpty, "the block at line \(block.line): \(problems)")
            for item in items {
                switch item {
                case .rule(let rule): rules.append(rule)
                case .include(let include): includes.append(include)
                }
            }
        }
        #expect(blocks.count == 4)
        #expect(rules.count == 14)
        #expect(includes.count == 4)
        #expect(Matcher(rules).problems.isEmpty)
    }

    /// The block of all keys is true: with its examples of tunnels left out it says what an empty file says.
    @Test func theDefaultsAreTheDefaults() throws {
        let block = try #require(try Self.blocks().last { $0.language == "toml" })
        var configuration = Configuration.read(Array(block.text.utf8), file: "README.md").configuration
        #expect(configuration.tunnel.count == 1)
        configuration.tunnel = []
        #expect(configuration == Configuration())
    }

    @Test func theCommandsItNamesExist() throws {
        let makefile = String(decoding: try Machine.contents(of: "Makefile"), as: UTF8.self)
        for target in ["run", "test", "install", "build"] { #expect(makefile.contains("\n\(target):")) }
    }
}
