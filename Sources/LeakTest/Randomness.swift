// SPDX-License-Identifier: MIT
import CSodium

/// Random bytes of libsodium, for names and query ids that nobody can guess.
enum Randomness {
    static func bytes(_ count: Int) throws(LeakError) -> [UInt8] {
        guard sodium_init() >= 0 else { throw .system(call: "sodium_init", errno: 0) }
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            if let start = buffer.baseAddress { unsafe randombytes_buf(start, count) }
            filled = count
        }
    }
}
