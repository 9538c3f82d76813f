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

/// Runs `body` on a new thread and waits for it.
func onOwnThread<Value>(_ body: () throws -> Value) throws -> Value {
    var result: Result<Value, any Error>?
    try withoutActuallyEscaping(body) { body in
        let thread = try startThread { result = Result { try body() } }
        pthread_join(thread, nil)
    }
    guard let result else { throw RoomError("no result", 0) }
    return try result.get()
}
