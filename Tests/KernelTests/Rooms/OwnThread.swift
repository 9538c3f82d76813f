// SPDX-License-Identifier: MIT
import Glibc

private final class Errand {
    let work: () -> Void
    init(_ work: @escaping () -> Void) { self.work = work }
}

/// Starts a thread for this work.
func startThread(_ work: @escaping () -> Void) throws -> pthread_t {
    var thread = pthread_t()
    let errand = unsafe Unmanaged.passRetained(Errand(work)).toOpaque()
    let status = unsafe pthread_create(
        &thread, nil,
        { pointer in
            if let pointer = unsafe pointer { unsafe Unmanaged<Errand>.fromOpaque(pointer).takeRetainedValue().work() }
            return nil
        }, errand)
    guard status == 0 else { throw RoomError("pthread_create", status) }
    return thread
}
