// SPDX-License-Identifier: MIT
import Wire

/// Texts with a meaning of their own: paths and servers.
extension SectionReader {
    /// A file that may stand beside the configuration: a path without "/" at its start counts from the configuration's folder.
    func readFile(_ key: String, into path: inout String?) {
        read(key, into: &path, checking: Self.fileError)
    }

    func readPath(_ key: String, into path: inout String, checking error: (String) -> String? = { _ in nil }) {
        read(key, into: &path) { Self.pathError($0) ?? error($0) }
    }

    /// The daemon's working folder is nobody's business: a path begins at the root. 4095 bytes are the kernel's PATH_MAX without its zero.
    static func pathError(_ path: String) -> String? {
        if let error = fileError(path) { return error }
        return path.hasPrefix("/") ? nil : "\(quoted(path)) is no absolute path: it does not begin with \"/\""
    }

    static func fileError(_ path: String) -> String? {
        if path.isEmpty { return "expected a path, found an empty string" }
        if path.utf8.contains(0) { return "a path cannot hold a zero byte" }
        return path.utf8.count <= 4095 ? nil : "a path of \(path.utf8.count) bytes; it may have 4095"
    }

    func readServers(_ key: String, into servers: inout [ServerAddress]) {
        read(key, into: &servers, of: "server addresses") { text, place, findings in
            if let server = ServerAddress(text) { return server }
            let rest = text.split(separator: "/").dropFirst(text.contains("://") ? 1 : 0).first ?? ""
            let isName = rest.unicodeScalars.contains { $0.properties.isAlphabetic } && !rest.contains(":") && !rest.contains("%")
            if text.contains("#sha256") || text.contains(",sha256") {
                findings.error(
                    place, "\(quoted(text)) has a pin that is none",
                    hint: "a pin is the SHA-256 of the server's public key in base64, 44 characters: \"tls://192.0.2.1#sha256=…=\"")
            } else if text.contains(where: { $0 == "," || $0.isWhitespace }) {
                findings.error(place, "\(quoted(text)) is no server address", hint: "one server in each pair of quotes, without space")
            } else if isName {
                findings.error(
                    place, "\(quoted(text)) names a server; an address is needed, since we are the one who looks names up",
                    hint: "write \"9.9.9.9\", or \"tls://9.9.9.9#NAME\"")
            } else {
                findings.error(
                    place, "\(quoted(text)) is no server address",
                    hint: "write \"10.0.1.1\", \"9.9.9.9:53\", \"[fe80::1%eth0]:53\" or \"tls://9.9.9.9#dns.example\"")
            }
            return nil
        }
    }
}
