// SPDX-License-Identifier: MIT
import Wire

/// Writes regexes for what lists mean and no other pattern says.
enum RegexText {
    /// Every name whose text ends so, within a label or not.
    static func ends(with name: Name) -> String { escaped(name.description) + "$" }

    /// `text` as characters that stand for themselves.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            if "\\.+*?()|[]{}^$/".unicodeScalars.contains(character) { escaped += "\\" }
            escaped.unicodeScalars.append(character)
        }
        return escaped
    }
}
