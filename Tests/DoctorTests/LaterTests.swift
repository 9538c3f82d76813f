// SPDX-License-Identifier: MIT
import Doctor
import Glibc
import Testing

@Suite struct LaterTests {
    @Test func whatHangsIsNotWaitedFor() {
        let start = Clock.now
        let hanging = Later { () -> Int in
            usleep(3_000_000)
            return 1
        }
        let quick = Later { 2 }
        #expect(quick.value(until: start + 1000) == 2)
        #expect(hanging.value(until: start + 50) == nil)
        #expect(Clock.now - start < 1500)
        // What is there is told, however late one asks.
        #expect(quick.value(until: 0) == 2)
    }
}
