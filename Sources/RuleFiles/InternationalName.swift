// SPDX-License-Identifier: MIT
import CIdn2
import Wire

/// Names in other scripts, as they stand on the wire: IDNA 2008 with the mapping of UTS #46, non-transitional, as browsers do it.
package enum InternationalName {
    package struct Mistake: Error, Hashable, Sendable {
        /// What libidn2 has against it.
        package let reason: String
    }

    /// The A-label form (`xn--…`) of a text; ASCII stays as it is. Nil if there is none.
    package static func ascii(_ text: String) -> String? { try? converted(text) }

    /// Errors: characters that no name has, labels that become too long.
    package static func converted(_ text: String) throws(Mistake) -> String {
        guard !text.utf8.allSatisfy({ $0 < 0x80 }) else { return text }
        // An escape would be taken for letters.
        guard !text.contains("\\") else { throw Mistake(reason: "escapes and other scripts do not go together") }
        var output: UnsafeMutablePointer<CChar>?
        let flags = Int32(IDN2_NONTRANSITIONAL.rawValue | IDN2_NFC_INPUT.rawValue)
        let status = unsafe idn2_to_ascii_8z(text, &output, flags)
        defer { unsafe idn2_free(output) }
        guard status == IDN2_OK.rawValue, let output = unsafe output else {
            throw Mistake(reason: unsafe String(cString: idn2_strerror(status)))
        }
        return unsafe String(cString: output)
    }

    /// What a person would read in an A-label form; nil where it is the same, or has characters that are no letters, digits or accents.
    package static func readable(_ ascii: String) -> String? {
        guard ascii.split(separator: ".").contains(where: { $0.hasPrefix("xn--") }) else { return nil }
        var output: UnsafeMutablePointer<CChar>?
        let status = unsafe idn2_to_unicode_8z8z(ascii, &output, 0)
        defer { unsafe idn2_free(output) }
        guard status == IDN2_OK.rawValue, let output = unsafe output else { return nil }
        let text = unsafe String(cString: output)
        let isPlain = text.unicodeScalars.allSatisfy { scalar in
            scalar.properties.isAlphabetic || scalar.properties.numericType != nil || "-._".unicodeScalars.contains(scalar)
                || scalar.properties.generalCategory == .nonspacingMark
        }
        return isPlain && text != ascii && self.ascii(text) == ascii ? text : nil
    }

    /// A name as a person types it. Errors: neither a name nor one in another script.
    package static func name(_ text: String) throws(Mistake) -> Name {
        guard let name = Name(try converted(text)) else {
            throw Mistake(reason: "labels have 1 to 63 characters with dots between, 253 in all")
        }
        return name
    }
}
