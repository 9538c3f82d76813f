// SPDX-License-Identifier: MIT

/// One object in JSON, looked into without a reader for the whole language.
struct JSONText {
    private let bytes: [UInt8]

    init(_ text: String) { bytes = Array(text.utf8) }

    /// The text that belongs to a key of the outermost object; nil if it is not there or no text. Escapes are left as they stand.
    func topText(_ key: String) -> String? {
        var depth = 0
        var words: [String] = []  // since the last comma: the key, then the value
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: ","): if depth == 1 { words = [] }
            case UInt8(ascii: "\""):
                let start = index + 1
                index = start
                while index < bytes.count, bytes[index] != UInt8(ascii: "\"") { index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1 }
                guard index < bytes.count else { return nil }
                if depth == 1 { words.append(String(decoding: bytes[start..<index], as: UTF8.self)) }
            default: break
            }
            if words.count == 2, words[0] == key { return words[1] }
            index += 1
        }
        return nil
    }
}
