// SPDX-License-Identifier: MIT
import CSodium

/// SipHash-2-4 with a key that nobody else has and that goes with this process.
struct KeyedHash: Sendable {
    private let key: [UInt8]

    init() {
        _ = sodium_init()
        var key = [UInt8](repeating: 0, count: Int(crypto_shorthash_KEYBYTES))
        unsafe key.withUnsafeMutableBytes { unsafe randombytes_buf($0.baseAddress!, $0.count) }
        self.key = key
    }

    /// Eight bytes.
    func of(_ bytes: [UInt8]) -> [UInt8] {
        var hash = [UInt8](repeating: 0, count: Int(crypto_shorthash_BYTES))
        _ = unsafe crypto_shorthash(&hash, bytes, UInt64(bytes.count), key)
        return hash
    }
}
