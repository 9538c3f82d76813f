// SPDX-License-Identifier: MIT
import Policy
import Rules
import Testing
import Wire
import Workbench

@Suite struct MatrixTests {
    /// A row of `matrix.txt`.
    private struct Row {
        let line: Fixture.Line
        let keys: [[String]]
        let cells: [String]
        let why: String

        init(_ line: Fixture.Line) {
            self.line = line
            let words = line.words.filter { $0 != "|" }
            precondition(words.count == 12, "\(line): \(words.count) columns")
            keys = words.prefix(6).map { $0.split(separator: "|").map(String.init) }
            cells = Array(words[6..<11])
            why = words[11]
        }

        func holds(for cell: Cell) -> Bool { zip(keys, cell.keys).allSatisfy { $0 == ["*"] || $0.contains($1) } }
    }

    @Test func everyCellIsDecidedAsTheMatrixSays() throws {
        let rows = Fixture.lines("policy/matrix.txt").map(Row.init)
        var asserted = 0
        var used: Set<Int> = []
        for cell in Cell.all {
            let fitting = rows.filter { $0.holds(for: cell) }
            try #require(fitting.count == 1, "\(cell) stands in \(fitting.map(\.line))")
            let column = try #require(TunnelState.allCases.firstIndex(of: cell.state))
            let word = fitting[0].cells[column]
            let decision = cell.decision()
            #expect(decision.words == Self.expected(word), "\(cell): \(fitting[0].line)")
            switch word {
            case "refuse": #expect(decision.reason == .notConnected, "\(cell)")
            case "sharing-off": #expect(decision.reason == .lanSharingOff, "\(cell)")
            case "block": #expect(decision.reason == .blocked, "\(cell)")
            default: #expect(decision.reason.rawValue == fitting[0].why, "\(cell)")
            }
            used.insert(fitting[0].line.number)
            asserted += 1
        }
        #expect(asserted == 2400)
        #expect(used.count == rows.count, "rows that no cell needs")
    }

    private static func expected(_ word: String) -> String {
        func on(_ path: Path, _ servers: [ServerAddress]) -> String { servers.map { "\(path.rawValue)@\($0)" }.joined(separator: " ") }
        return switch word {
        case "system": on(.outside, World.system)
        case "relay": on(.tunnel, World.relay)
        case "tunnel:server": on(.tunnel, World.publicCustom)
        case "lan:server": on(.lan, World.privateCustom)
        case "lan:private-system": on(.lan, Array(World.system.prefix(1)))
        case "refuse": "not-connected"
        case "sharing-off": "lan-sharing-off"
        case "block": "block"
        default: fatalError("'\(word)' is no decision")
        }
    }

    @Test func theRuleThatDecidesIsNamed() {
        for cell in Cell.all {
            let decision = cell.decision()
            let rulesApply = !(cell.app == .excluded && cell.profile == .mobile)
            let applies = rulesApply && (cell.app != .tunneled || cell.action == .tunnel || cell.action == .block)
            #expect(decision.rule?.action == (applies ? cell.action : nil), "\(cell)")
        }
    }

    @Test func refusalsSayTheState() {
        for state in TunnelState.allCases {
            let error = Refusal.notConnected(state).error
            #expect(error.code == 22)
            #expect(error.text.contains(state.rawValue))
        }
        #expect(Refusal.namedTunnel("home", .error).error.code == 22)
        #expect(Refusal.namedTunnel("home", .error).error.text == "tunnel home error")
        #expect(Refusal.lanSharingOff.error.code == 18)
        #expect(Refusal.noPrivateServer.error.code == 18)
    }
}
