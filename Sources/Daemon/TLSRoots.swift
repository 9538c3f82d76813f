// SPDX-License-Identifier: MIT
import Configuration
import RuleFiles
import Rules

/// A file of certificates of authorities, as it was when the configuration was read.
struct TLSRoots: Hashable, Sendable {
    let path: String
    let stamp: FileStamp?

    init(_ path: String) {
        self.path = path
        stamp = FileStamp(of: path)
    }
}

extension Loaded {
    /// What is wrong with `tls_roots`.
    static func faults(of roots: TLSRoots?, _ configuration: Configuration) -> [Problem] {
        guard let roots else { return [] }
        func error(_ text: String) -> [Problem] {
            [
                configuration.places.problem(
                    .error, at: "dns.tls_roots", text, hint: "name a file of certificates in PEM, \"-----BEGIN CERTIFICATE-----\"")
            ]
        }
        do throws(HostFile.Failure) {
            let bytes = try HostFile.read(roots.path)
            return String(decoding: bytes, as: UTF8.self).contains("-----BEGIN CERTIFICATE-----")
                ? [] : error("\(roots.path) holds no certificate")
        } catch {
            return switch error {
            case .missing: Self.unreadable(roots.path, "there is no such file", configuration)
            case .notPermitted: Self.unreadable(roots.path, "you may not read it", configuration)
            case .unreadable(let why): Self.unreadable(roots.path, "cannot be read: \(why)", configuration)
            }
        }
    }

    private static func unreadable(_ path: String, _ text: String, _ configuration: Configuration) -> [Problem] {
        [configuration.places.problem(.error, at: "dns.tls_roots", "\(path): \(text)", hint: nil)]
    }
}
