// SPDX-License-Identifier: MIT
import Policy
import Testing
import Tunnels

@Suite struct SelectionTests {
    static let lists: [[TunnelState]] = [
        [], [.connected], [.connecting], [.error],
        [.error, .connected], [.connecting, .connected], [.error, .connecting], [.error, .error],
    ]

    static let together: [TunnelState] = [
        .disconnected, .connected, .connecting, .error, .connected, .connected, .connecting, .error,
    ]

    @Test(arguments: zip(lists, together))
    func whileWantedTheBestTunnelSpeaksForAll(_ states: [TunnelState], _ expected: TunnelState) {
        #expect(Selection(of: states).state == expected)
        #expect(Selection(of: states, isLeaving: true).state == expected)
        #expect(Selection(of: states).inUse == (states.isEmpty ? nil : states.firstIndex(of: .connected) ?? 0))
    }

    @Test func theChosenOneSpeaksForAll() {
        #expect(Selection(of: [.connected, .connected], chosen: 1).inUse == 1)
        #expect(Selection(of: [.error, .error], chosen: 1).state == .error)
        #expect(Selection(of: [.connecting, .error], chosen: 1).state == .connecting)
    }

    @Test(arguments: lists) func unwantedNoneIsInUseWhateverItSays(_ states: [TunnelState]) {
        #expect(Selection(of: states, wish: .down).state == .disconnected)
        #expect(Selection(of: states, wish: .down, isLeaving: true).state == (states.isEmpty ? .disconnected : .disconnecting))
    }
}
