// SPDX-License-Identifier: MIT

/// Walks over a text and knows the line and column it stands at.
struct TextCursor {
    private let scalars: [Unicode.Scalar]
    private var index = 0
    private(set) var place = Place(line: 1, column: 1)

    init(_ text: SourceText) { scalars = text.scalars }

    /// The character at the cursor; nil at the end of the text.
    var next: Unicode.Scalar? { ahead(0) }

    func ahead(_ count: Int) -> Unicode.Scalar? {
        let target = index + count
        return target < scalars.count ? scalars[target] : nil
    }

    mutating func advance() {
        guard let scalar = next else { return }
        index += 1
        place = scalar == "\n" ? Place(line: place.line + 1, column: 1) : Place(line: place.line, column: place.column + 1)
    }

    mutating func advance(by count: Int) {
        for _ in 0..<count { advance() }
    }

    /// Moves over `scalar` if it is the next character.
    mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        advance()
        return true
    }

    /// Moves over the characters for which `belongs` is true, and returns them.
    mutating func take(while belongs: (Unicode.Scalar) -> Bool) -> String {
        var taken = String.UnicodeScalarView()
        while let scalar = next, belongs(scalar) {
            taken.append(scalar)
            advance()
        }
        return String(taken)
    }

    mutating func skipSpace() {
        while let scalar = next, scalar == " " || scalar == "\t" { advance() }
    }

    /// Moves to the line end, which stays the next character.
    mutating func skipLine() {
        while let scalar = next, scalar != "\n" { advance() }
    }

    func stands(at word: String) -> Bool {
        var offset = 0
        for scalar in word.unicodeScalars {
            guard ahead(offset) == scalar else { return false }
            offset += 1
        }
        return true
    }
}
