// SPDX-License-Identifier: MIT
import Rules
import Testing

@Suite struct TrafficClassTests {
    @Test func aNumberStaysWithItsClass() {
        var classes = TrafficClasses()
        let (voice, bulk) = (TrafficClass(dscp: 46), TrafficClass(dscp: 8, priority: PacketPriority("1:10")))
        classes.take([voice, bulk, voice])
        classes.take([bulk])
        #expect(classes.all == [voice, bulk])
        #expect(classes.number(of: bulk) == 1)
        #expect(classes.number(of: nil) == nil && classes.number(of: TrafficClass(dscp: 8)) == nil)
    }

    /// A byte has no more, and its last value means none.
    @Test func theLastOnesHaveNoNumber() {
        var classes = TrafficClasses()
        let many = (0..<300).map { TrafficClass(dscp: nil, priority: PacketPriority("\($0)")) }
        classes.take(many)
        #expect(classes.all.count == 255)
        #expect(classes.number(of: many[254]) == 254 && classes.number(of: many[255]) == nil)
    }
}
