// SPDX-License-Identifier: MIT
import FoundationEssentials

/// What policies.json says of DNS over HTTPS, for every profile of the machine.
package struct FirefoxPolicy: Hashable, Sendable {
    /// The profile cannot say otherwise.
    package let isLocked: Bool
    package let mode: BrowserSeen.Mode

    /// Nil where the file says nothing of it, or is none.
    package init?(_ bytes: [UInt8]) {
        struct File: Decodable {
            let policies: Policies
        }
        struct Policies: Decodable {
            let DNSOverHTTPS: Setting?
        }
        struct Setting: Decodable {
            let Enabled: Bool?
            let ProviderURL: String?
            let Locked: Bool?
            let Fallback: Bool?
        }
        guard let setting = try? JSONDecoder().decode(File.self, from: Data(bytes)).policies.DNSOverHTTPS else { return nil }
        isLocked = setting.Locked ?? false
        mode =
            switch (setting.Enabled, setting.Fallback ?? true) {
            case (nil, _): .byDefault
            case (false, _): .off
            case (true, true): .first(setting.ProviderURL)
            case (true, false): .only(setting.ProviderURL)
            }
    }

    /// What comes of the policy and a profile: a locked policy alone; else the profile's own choice, if it made one.
    package func with(_ profile: BrowserSeen.Mode) -> BrowserSeen.Mode {
        if isLocked, mode != .byDefault { return mode }
        return profile == .byDefault ? mode : profile
    }
}
