// SPDX-License-Identifier: MIT
import CSodium
import Configuration
import Glibc
import RuleFiles
import Rules

/// What is wrong with a wg-quick file as a secret: who may touch it, and whether its keys can work.
extension Loaded {
    /// Who may write it can lead the tunnel elsewhere; who may read it can be us.
    static func exposure(of content: FileBytes, _ file: String) -> [Problem] {
        let mode = content.mode & 0o777
        let isOthers = content.owner != 0 && content.owner != geteuid()
        let hint = "chmod 600 \(file)" + (isOthers ? " && chown root \(file)" : "")
        if isOthers || mode & 0o022 != 0 {
            return [
                Problem(
                    .error, file: file, line: 0, column: 0, "others than root may write it, and so lead the tunnel elsewhere", hint: hint)
            ]
        }
        guard mode & 0o044 != 0 else { return [] }
        return [Problem(.warning, file: file, line: 0, column: 0, "others than root may read it, and the key in it", hint: hint)]
    }

    /// A peer that is ourselves, or no point of the curve that two could agree on (RFC 7748 section 6.1).
    static func faults(ofKeysIn file: WireGuardFile) -> [Problem] {
        guard sodium_init() >= 0, let secret = file.privateKey.flatMap(Curve.init) else { return [] }
        let own = secret.open
        return file.peers.enumerated().compactMap { index, peer in
            guard let key = Curve(peer.publicKey) else { return nil }
            let place = "peer[\(index)].publickey"
            if key.isSame(as: own) {
                return file.places.problem(
                    .error, at: place, "this is the PublicKey of our own PrivateKey",
                    hint: "write the one that the server has: wg show, there")
            }
            return secret.agrees(with: key) ? nil : file.places.problem(.error, at: place, "this PublicKey is no key: nobody can have it")
        }
    }
}

/// The 32 bytes of a key of Curve25519, wiped when they are not needed any more.
private final class Curve {
    private var bytes: [UInt8]

    init?(_ key: WireGuardKey) {
        bytes = [UInt8](repeating: 0, count: Int(crypto_scalarmult_BYTES))
        var count = 0
        let text = key.base64
        let status = unsafe sodium_base642bin(
            &bytes, bytes.count, text, text.utf8.count, nil, &count, nil, Int32(sodium_base64_VARIANT_ORIGINAL))
        guard status == 0, count == bytes.count else { return nil }
    }

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    deinit { unsafe sodium_memzero(&bytes, bytes.count) }

    /// The public key of a private one.
    var open: Curve {
        var point = [UInt8](repeating: 0, count: bytes.count)
        _ = unsafe crypto_scalarmult_base(&point, bytes)
        return Curve(point)
    }

    func isSame(as other: Curve) -> Bool { bytes == other.bytes }

    /// Whether something secret comes of it: of a point of low order, nothing does.
    func agrees(with point: Curve) -> Bool {
        var shared = [UInt8](repeating: 0, count: bytes.count)
        defer { unsafe sodium_memzero(&shared, shared.count) }
        return unsafe crypto_scalarmult(&shared, bytes, point.bytes) == 0
    }
}
