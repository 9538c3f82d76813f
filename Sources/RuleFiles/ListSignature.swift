// SPDX-License-Identifier: MIT
import CSodium

/// What stands in a `.minisig` file: two signatures by one key, of the list and of a comment on it.
///
/// Format: https://jedisct1.github.io/minisign/, section "Signature format".
package struct ListSignature: Sendable {
    /// minisign writes 8 KiB of trusted comment at most.
    package static let largest = 16 << 10

    /// Signed with the list.
    package let comment: String
    private let id: [UInt8]
    private let signature: [UInt8]
    private let global: [UInt8]
    /// Whether the list itself is signed (`Ed`), or its BLAKE2b-512 (`ED`), as by default since minisign 0.10.
    private let isHashed: Bool

    package enum Mistake: Error, Hashable, Sendable {
        case malformed(String)
        /// By another key.
        case foreign(by: String)
        /// Of other bytes than these.
        case wrong
        /// The comment is not the one that was signed.
        case altered
    }

    /// Errors: `malformed`.
    package init(file bytes: [UInt8]) throws(Mistake) {
        var lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        lines = lines.map { $0.hasSuffix("\r") ? $0.dropLast() : $0 }
        if lines.last == "" { lines.removeLast() }
        guard lines.count == 4, lines[0].hasPrefix("untrusted comment:") else {
            throw .malformed("it has not the four lines of minisign")
        }
        guard lines[2].hasPrefix(Self.trusted) else { throw .malformed("its third line is no trusted comment") }
        guard let first = Base64.bytes(of: lines[1]), first.count == 74 else { throw .malformed("its second line is no signature") }
        guard let global = Base64.bytes(of: lines[3]), global.count == 64 else { throw .malformed("its fourth line is no signature") }
        switch (first[0], first[1]) {
        case (UInt8(ascii: "E"), UInt8(ascii: "d")): isHashed = false
        case (UInt8(ascii: "E"), UInt8(ascii: "D")): isHashed = true
        default: throw .malformed("it is made by an algorithm other than Ed25519")
        }
        id = Array(first[2..<10])
        signature = Array(first[10...])
        self.global = global
        comment = String(lines[2].dropFirst(Self.trusted.count))
    }

    private static let trusted = "trusted comment: "

    /// Seconds since 1970 of the signing, as minisign notes it; nil: the signer wrote a comment of his own.
    package var timestamp: Int64? { field("timestamp:").flatMap { Int64($0) } }

    /// The name of the file that was signed.
    package var file: String? { field("file:") }

    private func field(_ name: String) -> String? {
        comment.split(separator: "\t").first { $0.hasPrefix(name) }.map { String($0.dropFirst(name.count)) }
    }

    /// Errors: anything that tells that the owner of `key` has not signed these bytes and this comment.
    /// - Parameter digest: BLAKE2b-512 of `bytes`.
    package func check(_ bytes: Span<UInt8>, digest: [UInt8], by key: SigningKey) throws(Mistake) {
        guard id == key.id else { throw .foreign(by: SigningKey.text(of: id)) }
        let isRight = isHashed ? Self.verify(signature, digest, key) : Self.verify(signature, bytes, key)
        guard isRight else { throw .wrong }
        guard Self.verify(global, signature + Array(comment.utf8), key) else { throw .altered }
    }

    private static func verify(_ signature: [UInt8], _ message: [UInt8], _ key: SigningKey) -> Bool {
        let span = message.span
        return verify(signature, span, key)
    }

    private static func verify(_ signature: [UInt8], _ message: Span<UInt8>, _ key: SigningKey) -> Bool {
        guard signature.count == 64, key.key.count == 32 else { return false }
        return unsafe message.withUnsafeBufferPointer { message in
            unsafe crypto_sign_verify_detached(signature, message.baseAddress, UInt64(message.count), key.key) == 0
        }
    }
}

/// BLAKE2b, as libsodium has it.
enum Digest {
    /// - Parameter length: 16...64 bytes.
    static func of(_ bytes: Span<UInt8>, length: Int = 64) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: length)
        unsafe bytes.withUnsafeBufferPointer { bytes in
            _ = unsafe crypto_generichash(&digest, length, bytes.baseAddress, UInt64(bytes.count), nil, 0)
        }
        return digest
    }

    /// Of the digests of several files, 64 bytes.
    static func of(_ files: [FileBytes]) -> [UInt8] {
        let digests = files.flatMap { $0.withSpan { of($0) } }
        let span = digests.span
        return of(span)
    }
}
