// SPDX-License-Identifier: MIT

/// What is remembered of a list that was taken: its bytes follow this in its file of the state folder.
struct KeptList: Hashable, Sendable {
    /// Where it was read from, for people.
    let path: String
    let entries: Int
    /// Of its signature, in seconds since 1970.
    let timestamp: Int64?
    /// BLAKE2b-512 of the list's own bytes.
    let digest: [UInt8]
    /// The same of the digests of all parts.
    let whole: [UInt8]
    /// The files it consists of, itself first, with their lengths in bytes.
    let parts: [Part]
    /// When the parts, by name, were signed, of those that say so.
    var timestamps: [String: Int64] = [:]

    struct Part: Hashable, Sendable {
        let name: String
        let length: Int
    }

    private static let title = "sluice list 1"

    /// Lines of `key value`, and an empty one.
    var header: [UInt8] {
        var lines = [Self.title, "path \(path.filter { !$0.isNewline })", "entries \(entries)", "digest \(Hexadecimal.text(of: digest))"]
        lines.append("whole \(Hexadecimal.text(of: whole))")
        if let timestamp { lines.append("timestamp \(timestamp)") }
        lines += parts.map { "part \($0.length) \($0.name.filter { !$0.isNewline })" }
        lines += timestamps.sorted { $0.key < $1.key }.map { "signed \($0.value) \($0.key.filter { !$0.isNewline })" }
        return Array((lines.joined(separator: "\n") + "\n\n").utf8)
    }

    /// The header a file begins with, and where the bytes begin; nil when it is not ours.
    static func read(_ bytes: Span<UInt8>) -> (list: KeptList, start: Int)? {
        var end = 0
        while end + 1 < bytes.count, !(bytes[end] == 10 && bytes[end + 1] == 10) {
            end += 1
            guard end < mostHeader else { return nil }
        }
        guard end + 1 < bytes.count else { return nil }
        let lines = String(decoding: (0..<end).map { bytes[$0] }, as: UTF8.self).split(separator: "\n")
        guard lines.first.map(String.init) == title else { return nil }
        var path = ""
        var (entries, timestamp): (Int?, Int64?) = (nil, nil)
        var (digest, whole, parts): ([UInt8], [UInt8], [Part]) = ([], [], [])
        var timestamps: [String: Int64] = [:]
        for line in lines.dropFirst() {
            let words = line.split(separator: " ", maxSplits: 1).map(String.init)
            guard words.count == 2 else { return nil }
            switch words[0] {
            case "path": path = words[1]
            case "entries": entries = Int(words[1])
            case "timestamp": timestamp = Int64(words[1])
            case "digest": digest = Hexadecimal.bytes(of: words[1])
            case "whole": whole = Hexadecimal.bytes(of: words[1])
            case "part":
                let part = words[1].split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
                guard part.count == 2, let length = Int(part[0]), length >= 0 else { return nil }
                parts.append(Part(name: String(part[1]), length: length))
            case "signed":
                let part = words[1].split(separator: " ", maxSplits: 1)
                guard part.count == 2, let time = Int64(part[0]) else { return nil }
                timestamps[String(part[1])] = time
            default: return nil
            }
        }
        guard let entries, digest.count == 64, whole.count == 64, !parts.isEmpty else { return nil }
        let list = KeptList(
            path: path, entries: entries, timestamp: timestamp, digest: digest, whole: whole, parts: parts, timestamps: timestamps)
        return (list, end + 2)
    }

    /// A path, a digest, and the names of the files that a list includes.
    static let mostHeader = 1 << 20
}

extension Hexadecimal {
    /// Empty when it is none.
    static func bytes(of text: some StringProtocol) -> [UInt8] {
        let digits = text.compactMap(\.hexDigitValue)
        guard digits.count == text.count, digits.count % 2 == 0 else { return [] }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
