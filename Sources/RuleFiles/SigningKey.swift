// SPDX-License-Identifier: MIT
import CSodium
import Rules

/// A public key of minisign: whoever has its other half may change a list.
package struct SigningKey: Hashable, Sendable {
    /// As in every signature made with it.
    let id: [UInt8]
    let key: [UInt8]

    /// Reads the text that `minisign -G` prints: `RW…`, 56 characters. Nil for anything else.
    package init?(_ text: some StringProtocol) {
        guard let bytes = Base64.bytes(of: text), bytes.count == 42, bytes.starts(with: Array("Ed".utf8)) else { return nil }
        id = Array(bytes[2..<10])
        key = Array(bytes[10...])
    }

    /// Reads a file as minisign writes it: a comment, then the key.
    package init?(file bytes: [UInt8]) {
        let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
        guard let line = lines.first(where: { !$0.hasPrefix("untrusted comment:") }) else { return nil }
        self.init(line)
    }

    /// The key that an include names: itself, or its file. Errors: neither.
    static func named(_ text: String, _ file: String, by include: Include) throws(Problem) -> SigningKey {
        if let key = SigningKey(text) { return key }
        do throws(HostFile.Failure) {
            if let key = SigningKey(file: try FileBytes(file, limit: ListSignature.largest).array) { return key }
        } catch {
            throw include.problem(
                .error, "'\(text)' is no key of minisign, and as a file: \(ListRefusal.unreadable(error).text)",
                hint: "signed RW…, the 56 characters that minisign -G printed, or the path of its .pub file")
        }
        throw include.problem(.error, "\(file) holds no key of minisign", hint: "it is the .pub file that minisign -G wrote")
    }

    /// As minisign shows it.
    package var description: String { Self.text(of: id) }

    static func text(of id: [UInt8]) -> String { id.reversed().map { Hexadecimal.text(of: [$0], uppercase: true) }.joined() }
}

enum Base64 {
    /// Nil when the text is not base64 with its padding (RFC 4648 section 4).
    static func bytes(of text: some StringProtocol) -> [UInt8]? {
        let text = Array(text.utf8)
        var count = 0
        var bytes = [UInt8](repeating: 0, count: text.count)
        let status = unsafe text.withUnsafeBytes { text in
            unsafe sodium_base642bin(
                &bytes, text.count, text.bindMemory(to: CChar.self).baseAddress, text.count, nil, &count, nil,
                sodium_base64_VARIANT_ORIGINAL)
        }
        return status == 0 ? Array(bytes[..<count]) : nil
    }
}

enum Hexadecimal {
    static func text(of bytes: [UInt8], uppercase: Bool = false) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: uppercase) }.joined()
    }
}
