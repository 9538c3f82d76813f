// SPDX-License-Identifier: MIT
import Testing
import Tunnels
import Wire

@Suite struct PeerRotationTests {
    private static func after(_ milliseconds: Int64) -> Instant { Instant(milliseconds: 1_000_000) + milliseconds }

    private func rotation(_ count: Int) -> PeerRotation { PeerRotation(count: count, interval: 100, at: Self.after(0)) }

    private static func judge(
        _ rotation: inout PeerRotation, _ condition: NodeHealth.Condition, _ time: Int64, handshakes: [Int64?] = [nil, nil, nil]
    ) -> Int? {
        let isChange = rotation.judge(condition, handshakes: handshakes.map { $0.map(after) }, at: after(time))
        return isChange ? rotation.active : nil
    }

    @Test func aDeadPeerIsLeftAtOnceAndAnUnknownOneAfterItsTrial() {
        var peers = rotation(3)
        #expect([Self.judge(&peers, .alive, 100), Self.judge(&peers, .suspect, 200), Self.judge(&peers, .slow, 300)] == [nil, nil, nil])
        let left = Self.judge(&peers, .dead, 400)
        #expect(left == 1)
        let early = Self.judge(&peers, .new, 1899)
        #expect(early == nil)
        let late = Self.judge(&peers, .new, 1900)
        #expect(late == 2)
    }

    @Test func whenAllHaveFailedTheyAreTriedLessAndLessOften() {
        var peers = rotation(2)
        var times: [Int64] = []
        for time in stride(from: Int64(0), through: 60_000, by: 100) {
            let next = Self.judge(&peers, .dead, time)
            if next != nil { times.append(time) }
        }
        #expect(times == [0, 1000, 3000, 7000, 15_000, 30_000, 45_000, 60_000])
        let well = Self.judge(&peers, .alive, 60_100)
        #expect(well == nil)
        let again = Self.judge(&peers, .dead, 60_200)
        #expect(again != nil)
    }

    @Test func oneGoesBackOnlyAfterAHandshakeAndSomeTime() {
        var peers = rotation(2)
        _ = Self.judge(&peers, .dead, 1000)
        let old = Self.judge(&peers, .alive, 100_000, handshakes: [900, 90_000])
        #expect(old == nil)
        let early = Self.judge(&peers, .alive, 3999, handshakes: [3000, 90_000])
        #expect(early == nil)
        let stale = Self.judge(&peers, .alive, 300_000, handshakes: [3000, 290_000])
        #expect(stale == nil)
        let back = Self.judge(&peers, .alive, 4000, handshakes: [3000, 90_000])
        #expect(back == 0)
        // A relapse: twice as long.
        let relapse = Self.judge(&peers, .dead, 5000)
        #expect(relapse == 1)
        let soon = Self.judge(&peers, .alive, 10_999, handshakes: [6000, 90_000])
        #expect(soon == nil)
        let later = Self.judge(&peers, .alive, 11_000, handshakes: [6000, 90_000])
        #expect(later == 0)
    }

    @Test func aSinglePeerIsNeverLeft() {
        var peers = rotation(1)
        let next = Self.judge(&peers, .dead, 5000)
        #expect(next == nil)
    }

    @Test func aDeviceThatComesLateIsNoFailureOfItsFirstPeer() {
        var peers = rotation(2)
        peers.begin(at: Self.after(60_000))
        let early = Self.judge(&peers, .new, 61_499)
        #expect(early == nil)
        let late = Self.judge(&peers, .new, 61_500)
        #expect(late == 1)
        // Nobody was ever heard: that the other may still answer opens nothing.
        #expect(!peers.isOnTrial)
        _ = Self.judge(&peers, .alive, 61_600)
        _ = Self.judge(&peers, .dead, 70_000)
        #expect(peers.isOnTrial)
    }
}
