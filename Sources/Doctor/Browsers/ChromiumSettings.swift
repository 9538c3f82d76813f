// SPDX-License-Identifier: MIT
import FoundationEssentials

/// What Chromium and its kin say of DNS over HTTPS: `Local State` in the user's folder, managed policies for all.
package enum ChromiumSettings {
    /// Of `Local State`: nil where the file is none; `automatic` without servers of the user's own is the default.
    package static func mode(inLocalState bytes: [UInt8]) -> BrowserSeen.Mode? {
        struct File: Decodable {
            let dns_over_https: Setting?
        }
        struct Setting: Decodable {
            let mode: String?
            let templates: String?
        }
        guard let file = try? JSONDecoder().decode(File.self, from: Data(bytes)) else { return nil }
        return mode(file.dns_over_https?.mode, file.dns_over_https?.templates)
    }

    /// Of one file of a folder of managed policies: nil where it says nothing of it.
    package static func mode(inPolicy bytes: [UInt8]) -> BrowserSeen.Mode? {
        struct File: Decodable {
            let DnsOverHttpsMode: String?
            let DnsOverHttpsTemplates: String?
        }
        guard let file = try? JSONDecoder().decode(File.self, from: Data(bytes)),
            file.DnsOverHttpsMode != nil || file.DnsOverHttpsTemplates != nil
        else { return nil }
        return mode(file.DnsOverHttpsMode, file.DnsOverHttpsTemplates)
    }

    private static func mode(_ word: String?, _ templates: String?) -> BrowserSeen.Mode {
        let server = templates.flatMap { $0.isEmpty ? nil : $0 }
        return switch word {
        case "off": .off
        case "secure": .only(server)
        default: server.map { .first($0) } ?? .byDefault
        }
    }
}
