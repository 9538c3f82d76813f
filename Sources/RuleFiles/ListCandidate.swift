// SPDX-License-Identifier: MIT
import Rules

/// The bytes of a list with those of the lists that it includes, each read once: judged and parsed are the same ones.
final class ListCandidate {
    let path: String
    let bytes: FileBytes
    /// BLAKE2b-512 of `bytes`.
    let digest: [UInt8]
    /// Of the signature, in seconds since 1970.
    private(set) var timestamp: Int64?
    private(set) var trouble: ListRefusal?
    private var parts: [(name: String, bytes: FileBytes?)] = []
    private let key: SigningKey?
    /// Whether nothing more is read from disk.
    private let isWhole: Bool
    /// Every file looked at, signatures too.
    private(set) var looked: [String]
    /// The name of the file that the signer had before him, where it is not this one's.
    private(set) var signedAs: String?

    /// Reads it from disk. Errors: whatever of file or signature is not right.
    init(path: String, key: SigningKey?) throws(ListRefusal) {
        self.path = path
        self.key = key
        isWhole = false
        looked = [path] + (key == nil ? [] : [Self.signature(path)])
        do throws(HostFile.Failure) { bytes = try FileBytes(path) } catch { throw .unreadable(error) }
        digest = bytes.withSpan { Digest.of($0) }
        guard let key else { return }
        let signature = try Self.check(path, bytes, digest, key)
        timestamp = signature.timestamp
        if let name = signature.file, name != path.split(separator: "/").last.map(String.init) { signedAs = name }
    }

    /// The copy of one that was taken before.
    init(path: String, _ parts: [FileBytes], _ entry: KeptList) {
        self.path = path
        key = nil
        isWhole = true
        looked = []
        bytes = parts[0]
        digest = entry.digest
        self.parts = zip(entry.parts, parts).dropFirst().map { ($0.name, $1) }
    }

    /// Itself and all parts opened so far, by name.
    var all: [(name: String, bytes: FileBytes)] { [("", bytes)] + parts.compactMap { part in part.bytes.map { (part.name, $0) } } }

    var hasParts: Bool { !parts.isEmpty }

    /// A list beside this one, which it names; nil, with the reason in `trouble`, when it is not to be had.
    func open(_ name: String) -> [UInt8]? {
        if let part = parts.first(where: { $0.name == name }) { return part.bytes?.array }
        guard !isWhole else { return nil }
        do throws(ListRefusal) {
            guard !name.contains("/"), name != "..", name != "." else { throw .unreadable(.unreadable("it is not in the same folder")) }
            let place = String(path[..<(path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex)]) + name
            looked += [place] + (key == nil ? [] : [Self.signature(place)])
            let bytes: FileBytes
            do throws(HostFile.Failure) { bytes = try FileBytes(place) } catch { throw .unreadable(error) }
            // Signed lists consist of signed lists only.
            if let key { _ = try Self.check(place, bytes, bytes.withSpan { Digest.of($0) }, key) }
            parts.append((name, bytes))
            return bytes.array
        } catch {
            if trouble == nil { trouble = .part(name, error.text) }
            parts.append((name, nil))
            return nil
        }
    }

    private static func signature(_ path: String) -> String { path + ".minisig" }

    private static func check(
        _ path: String, _ bytes: FileBytes, _ digest: [UInt8], _ key: SigningKey
    ) throws(ListRefusal) -> ListSignature {
        let file = signature(path)
        let text: [UInt8]
        do throws(HostFile.Failure) {
            text = try FileBytes(file, limit: ListSignature.largest).array
        } catch {
            throw .noSignature(file, error)
        }
        do throws(ListSignature.Mistake) {
            let signature = try ListSignature(file: text)
            try bytes.withSpan { bytes throws(ListSignature.Mistake) in try signature.check(bytes, digest: digest, by: key) }
            return signature
        } catch {
            throw .badSignature(error, key: key.description)
        }
    }
}
