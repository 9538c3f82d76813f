// SPDX-License-Identifier: MIT
import Rules
import Synchronization

/// The bytes of a list with those of the lists that it includes, each read once: judged and parsed are the same ones.
final class ListCandidate: Sendable {
    let path: String
    let bytes: FileBytes
    /// BLAKE2b-512 of `bytes`.
    let digest: [UInt8]
    /// When it was signed, in seconds since 1970.
    let timestamp: Int64?
    /// The name of the file that the signer had before him, where it is not this one's.
    let signedAs: String?
    private let key: SigningKey?
    /// When the parts of the one that was taken last were signed.
    private let former: [String: Int64]
    /// Whether nothing more is read from disk.
    private let isWhole: Bool
    private let opened: Mutex<Opened>

    private struct Opened {
        var parts: [(name: String, bytes: FileBytes?)] = []
        /// When those that say so were signed.
        var timestamps: [String: Int64] = [:]
        /// The first that was asked for and is not to be had, and why.
        var trouble: (name: String, ListRefusal)?
        /// Every file opened later than the list itself, signatures too, as it was before.
        var seen: [String: FileStamp?] = [:]
    }

    /// Reads it from disk. Errors: whatever of file or signature is not right, or older than what was taken last.
    init(path: String, key: SigningKey?, after former: KeptList?) throws(ListRefusal) {
        self.path = path
        self.key = key
        self.former = former?.timestamps ?? [:]
        isWhole = false
        opened = Mutex(Opened())
        do throws(HostFile.Failure) { bytes = try FileBytes(path) } catch { throw .unreadable(error) }
        digest = bytes.withSpan { Digest.of($0) }
        guard let key else {
            timestamp = nil
            signedAs = nil
            return
        }
        let signature = try Self.check(path, bytes, digest, key)
        timestamp = signature.timestamp
        try Self.check(age: timestamp, after: former?.timestamp)
        signedAs = signature.file.flatMap { $0 == path.split(separator: "/").last.map(String.init) ? nil : $0 }
    }

    /// The copy of one that was taken before.
    init(path: String, _ entry: KeptList, _ first: FileBytes, _ rest: [FileBytes]) {
        self.path = path
        key = nil
        former = [:]
        isWhole = true
        timestamp = entry.timestamp
        signedAs = nil
        bytes = first
        digest = entry.digest
        opened = Mutex(Opened(parts: zip(entry.parts.dropFirst(), rest).map { ($0.name, $1) }, timestamps: entry.timestamps))
    }

    /// Itself and all parts opened so far, by name.
    var all: [(name: String, bytes: FileBytes)] {
        [("", bytes)] + opened.withLock { opened in opened.parts.compactMap { part in part.bytes.map { (part.name, $0) } } }
    }

    /// When the parts opened so far were signed, of those that say so.
    var timestamps: [String: Int64] { opened.withLock { $0.timestamps } }

    var seen: [String: FileStamp?] { opened.withLock { $0.seen } }

    /// The first part that is not to be had, and why.
    var trouble: (name: String, ListRefusal)? { opened.withLock { $0.trouble } }

    /// A list beside this one, which it names; nil when it is not to be had.
    func open(_ name: String) -> [UInt8]? {
        opened.withLock { opened in
            if let part = opened.parts.first(where: { $0.name == name }) { return part.bytes?.array }
            guard !isWhole else { return nil }
            do throws(ListRefusal) {
                let bytes = try read(name, &opened)
                opened.parts.append((name, bytes))
                return bytes.array
            } catch {
                if opened.trouble == nil { opened.trouble = (name, error) }
                opened.parts.append((name, nil))
                return nil
            }
        }
    }

    /// The names of the files in its folder. Of a signed list none: a line that a stranger adds to another file must not become one of it.
    var beside: [String] {
        guard !isWhole else { return opened.withLock { $0.parts.map(\.name) } }
        return key == nil ? HostFile.names(in: Self.folder(of: path)) : []
    }

    private func read(_ name: String, _ opened: inout Opened) throws(ListRefusal) -> FileBytes {
        guard !name.contains("/"), name != "..", name != "." else { throw .unreadable(.unreadable("it is not in the same folder")) }
        let place = Self.folder(of: path) + name
        for file in [place] + (key == nil ? [] : [Self.signature(place)]) { opened.seen[file] = .some(FileStamp(of: file)) }
        let bytes: FileBytes
        do throws(HostFile.Failure) { bytes = try FileBytes(place) } catch { throw .unreadable(error) }
        // Signed lists consist of signed lists only.
        guard let key else { return bytes }
        let signature = try Self.check(place, bytes, bytes.withSpan { Digest.of($0) }, key)
        try Self.check(age: signature.timestamp, after: former[name])
        // The list names its parts as their owner does: one signed under another name stands in its place.
        if let file = signature.file, file != name { throw .otherName(file) }
        opened.timestamps[name] = signature.timestamp
        return bytes
    }

    private static func check(age timestamp: Int64?, after last: Int64?) throws(ListRefusal) {
        guard let last else { return }
        guard let timestamp, timestamp >= last else { throw .older(timestamp, than: last) }
    }

    static func signature(_ path: String) -> String { path + ".minisig" }

    private static func folder(of path: String) -> String { path.lastIndex(of: "/").map { String(path[...$0]) } ?? "" }

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
