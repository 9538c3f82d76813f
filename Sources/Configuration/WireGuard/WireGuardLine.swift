// SPDX-License-Identifier: MIT

/// One line of a wg-quick file: `[Section]`, `Key = value`, or neither.
struct WireGuardLine {
    /// A text without the space around it, and where it stands.
    struct Piece {
        let text: String
        let place: Place
    }

    /// What stands before the `=`, or all of it.
    let head: Piece
    /// What stands behind the `=`; nil without one.
    let value: Piece?

    /// Nil for a line with nothing but space and comment.
    init?(_ scalars: ArraySlice<Unicode.Scalar>, number: Int) {
        let start = scalars.startIndex
        let bare = scalars.prefix { $0 != "#" }
        func piece(_ part: ArraySlice<Unicode.Scalar>) -> Piece { Piece(part, line: number, lineStart: start) }
        if let equals = bare.firstIndex(of: "=") {
            head = piece(bare[..<equals])
            value = piece(bare[(equals + 1)...])
        } else {
            head = piece(bare)
            value = nil
            if head.text.isEmpty { return nil }
        }
    }
}

extension WireGuardLine.Piece {
    fileprivate init(_ part: ArraySlice<Unicode.Scalar>, line: Int, lineStart: Int) {
        let trimmed = part.drop(while: \.isSpace)
        let end = trimmed.lastIndex { !$0.isSpace }.map { $0 + 1 } ?? trimmed.startIndex
        text = String(String.UnicodeScalarView(trimmed[..<end]))
        place = Place(line: line, column: trimmed.startIndex - lineStart + 1)
    }

    /// The parts between commas, as `wg` takes them: an empty one is one, too.
    var parts: [WireGuardLine.Piece] { split(omittingEmpty: false) { $0 == "," } }

    /// The words between commas and space, as `wg-quick` takes them.
    var words: [WireGuardLine.Piece] { split(omittingEmpty: true) { $0 == "," || $0.isSpace } }

    private func split(omittingEmpty: Bool, _ isBetween: (Unicode.Scalar) -> Bool) -> [WireGuardLine.Piece] {
        Array(text.unicodeScalars).split(omittingEmptySubsequences: omittingEmpty, whereSeparator: isBetween).map { part in
            let piece = WireGuardLine.Piece(part, line: place.line, lineStart: 0)
            return WireGuardLine.Piece(text: piece.text, place: Place(line: place.line, column: place.column + piece.place.column - 1))
        }
    }
}

extension Unicode.Scalar {
    /// `[[:space:]]` of the C locale.
    var isSpace: Bool { self == " " || (9...13).contains(value) }
}
