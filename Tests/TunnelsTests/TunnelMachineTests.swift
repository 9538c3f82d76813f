// SPDX-License-Identifier: MIT
import Policy
import Testing
import Tunnels
import Wire

@Suite struct TunnelMachineTests {
    private static func after(_ milliseconds: Int64) -> Instant { Instant(milliseconds: 1_000_000) + milliseconds }

    private func machine() -> TunnelMachine { TunnelMachine(at: Self.after(0)) }

    @Test func aDeviceIsMadeAtOnceAndThenLessAndLessOften() {
        var machine = machine()
        var made: [Int64] = []
        for time in stride(from: Int64(0), through: 60_000, by: 50) where machine.observe(.init(), at: Self.after(time)) == .bringUp {
            made.append(time)
            #expect(machine.state == .connecting)
        }
        #expect(made == [0, 250, 750, 1750, 3750, 7750, 15750, 30750, 45750])
    }

    @Test func onlyAHandshakeOrAnAnswerConnects() {
        var machine = machine()
        #expect(machine.observe(.init(isUp: true), at: Self.after(0)) == .none)
        #expect(machine.state == .connecting)
        _ = machine.observe(.init(isUp: true, condition: .alive), at: Self.after(100))
        #expect(machine.state == .connected)
        for condition in [NodeHealth.Condition.slow, .suspect, .mute] {
            _ = machine.observe(.init(isUp: true, condition: condition), at: Self.after(4099))
            #expect(machine.state == .connected)
        }
        _ = machine.observe(.init(isUp: true, handshake: Self.after(4000), condition: .dead), at: Self.after(4100))
        #expect(machine.state == .error)
        _ = machine.observe(.init(isUp: true, handshake: Self.after(5000)), at: Self.after(5000))
        #expect(machine.state == .connected)
        _ = machine.observe(.init(isUp: true, handshake: Self.after(5000)), at: Self.after(185_000))
        #expect(machine.state == .error)
    }

    @Test func silenceAfterPatienceIsAnError() {
        var machine = machine()
        _ = machine.observe(.init(isUp: true), at: Self.after(0))
        _ = machine.observe(.init(isUp: true), at: Self.after(9999))
        #expect(machine.state == .connecting)
        _ = machine.observe(.init(isUp: true), at: Self.after(10_000))
        #expect(machine.state == .error)
    }

    @Test func aDeviceThatVanishesIsAnErrorUntilItWasLetGo() {
        var machine = machine()
        _ = machine.observe(.init(isUp: true, condition: .alive), at: Self.after(0))
        _ = machine.observe(.init(), at: Self.after(10))
        #expect(machine.state == .error)
        #expect(machine.observe(.init(), at: Self.after(200)) == .none)
        #expect(machine.observe(.init(), at: Self.after(260)) == .bringUp)
        machine.release(at: Self.after(300))
        #expect(machine.state == .connecting)
        #expect(machine.observe(.init(), at: Self.after(300)) == .bringUp)
    }
}
