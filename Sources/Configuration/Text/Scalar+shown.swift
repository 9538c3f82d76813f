// SPDX-License-Identifier: MIT

extension Unicode.Scalar {
    /// The character as it is safe to print: tabs as four spaces; control, format (the direction of writing), and line separators escaped.
    var shown: String {
        if self == "\t" { return "    " }
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate:
            return "\\u{\(String(value, radix: 16))}"
        default: return String(self)
        }
    }

    /// Columns of a terminal that `shown` takes.
    var columns: Int {
        if isASCII, !isControl, self != "\t" { return 1 }
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return 0
        default: return isWide ? 2 : shown.unicodeScalars.count
        }
    }

    /// East Asian wide characters and emoji, by their blocks (Unicode Standard Annex 11).
    private var isWide: Bool {
        switch value {
        case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6,
            0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            true
        default: false
        }
    }
}
