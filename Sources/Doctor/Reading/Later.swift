// SPDX-License-Identifier: MIT
import Glibc
import Synchronization

/// Something that is found out on a thread of its own, and not waited for longer than until a time: a disk or a service may hang.
///
/// What comes too late is lost; the thread ends with its work, or with the process.
package struct Later<Value: Sendable>: Sendable {
    private let box: Box

    package init(_ work: @escaping @Sendable () -> Value) {
        let box = Box()
        self.box = box
        let job = Job { box.put(work()) }
        var thread = pthread_t()
        let made = unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(job).toOpaque())
        if made == 0 { pthread_detach(thread) } else { job.run() }
    }

    /// Nil when it was not done by then: milliseconds of the monotonic clock.
    package func value(until deadline: Int64) -> Value? {
        while true {
            if let value = box.value { return value }
            guard Clock.now < deadline else { return nil }
            usleep(1000)
        }
    }

    private final class Box: Sendable {
        private let content = Mutex<Value?>(nil)

        var value: Value? { content.withLock { $0 } }

        func put(_ value: Value) { content.withLock { $0 = value } }
    }
}

private final class Job: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

package enum Clock {
    /// Milliseconds of the monotonic clock.
    package static var now: Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
