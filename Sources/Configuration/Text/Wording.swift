// SPDX-License-Identifier: MIT

/// `"auto", "default" or "custom"`.
func alternatives(_ words: [String]) -> String {
    let quoted = words.map { "\"\($0)\"" }
    guard let last = quoted.last, quoted.count > 1 else { return quoted.first ?? "" }
    return quoted.dropLast().joined(separator: ", ") + " or " + last
}

/// `text` in quotes, cut to a length that fits a message.
func quoted(_ text: String) -> String {
    text.unicodeScalars.count <= 60 ? "\"\(text)\"" : "\"" + String(String.UnicodeScalarView(text.unicodeScalars.prefix(57))) + "...\""
}
