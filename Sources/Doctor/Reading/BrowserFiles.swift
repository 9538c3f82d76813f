// SPDX-License-Identifier: MIT
import Glibc

/// Finds the settings of installed browsers: in home folders that this user may read, and in the folders of policies.
enum BrowserFiles {
    struct Home: Sendable {
        let user: String
        let folder: String
    }

    private struct Family {
        let name: String
        /// Below the home folder: where profiles stand (Firefox), or `Local State` (Chromium).
        let folders: [String]
        /// Where policies stand: files for Firefox, folders for Chromium; the first is the one to write.
        let policies: [String]
    }

    private static let firefox = [
        Family(
            name: "Firefox",
            folders: [
                ".mozilla/firefox", "snap/firefox/common/.mozilla/firefox", ".var/app/org.mozilla.firefox/.mozilla/firefox",
                ".config/mozilla/firefox",
            ],
            policies: [
                "/etc/firefox/policies/policies.json", "/etc/firefox-esr/policies/policies.json",
                "/usr/lib/firefox/distribution/policies.json", "/usr/lib/firefox-esr/distribution/policies.json",
                "/usr/lib64/firefox/distribution/policies.json", "/opt/firefox/distribution/policies.json",
            ]),
        Family(
            name: "LibreWolf", folders: [".librewolf", ".var/app/io.gitlab.librewolf-community/.librewolf"],
            policies: ["/etc/librewolf/policies/policies.json", "/usr/share/librewolf/distribution/policies.json"]),
    ]

    private static let chromium = [
        Family(
            name: "Chromium",
            folders: [".config/chromium", "snap/chromium/common/chromium", ".var/app/org.chromium.Chromium/config/chromium"],
            policies: ["/etc/chromium/policies/managed", "/etc/chromium-browser/policies/managed"]),
        Family(
            name: "Chrome", folders: [".config/google-chrome", ".var/app/com.google.Chrome/config/google-chrome"],
            policies: ["/etc/opt/chrome/policies/managed"]),
        Family(
            name: "Brave",
            folders: [".config/BraveSoftware/Brave-Browser", ".var/app/com.brave.Browser/config/BraveSoftware/Brave-Browser"],
            policies: ["/etc/brave/policies/managed"]),
        Family(
            name: "Edge", folders: [".config/microsoft-edge", ".var/app/com.microsoft.Edge/config/microsoft-edge"],
            policies: ["/etc/opt/edge/policies/managed"]),
        Family(name: "Vivaldi", folders: [".config/vivaldi"], policies: ["/etc/chromium/policies/managed"]),
    ]

    /// Of people, as the user database tells: root, and numbers from 1000 on.
    static func homes() -> [Home] {
        var homes: [Home] = []
        setpwent()
        defer { endpwent() }
        while let entry = unsafe getpwent() {
            let number = unsafe entry.pointee.pw_uid
            guard number == 0 || (1000..<65534).contains(number), let name = unsafe entry.pointee.pw_name,
                let folder = unsafe entry.pointee.pw_dir
            else { continue }
            homes.append(Home(user: unsafe String(cString: name), folder: unsafe String(cString: folder)))
        }
        return homes
    }

    /// - Returns: what browsers say, and the homes that this user may not read.
    static func read(homes: [Home]) -> (browsers: [BrowserSeen], unread: [String]) {
        var seen: [BrowserSeen] = []
        for family in firefox { seen += readFirefox(family, homes) }
        for family in chromium { seen += readChromium(family, homes) }
        return (seen, homes.filter { TextFile.names(in: $0.folder) == nil }.map(\.user))
    }

    private static func readFirefox(_ family: Family, _ homes: [Home]) -> [BrowserSeen] {
        let policy = family.policies.lazy.compactMap { file in
            (try? TextFile.bytes(file)).flatMap { FirefoxPolicy($0) }.map { (file: file, policy: $0) }
        }.first
        let policyFile = family.policies[0]
        let hasPolicyFile = unsafe access(policyFile, F_OK) == 0
        var seen: [BrowserSeen] = []
        for home in homes {
            for folder in family.folders.map({ "\(home.folder)/\($0)" }) {
                for profile in TextFile.names(in: folder) ?? [] {
                    var file = "\(folder)/\(profile)/prefs.js"
                    guard let text = TextFile.text(file) else { continue }
                    var preferences = FirefoxPreferences(text)
                    if let user = TextFile.text("\(folder)/\(profile)/user.js") {
                        let later = FirefoxPreferences(user)
                        if later.mode != nil { file = "\(folder)/\(profile)/user.js" }
                        preferences = preferences.overridden(by: later)
                    }
                    let own = preferences.browserMode
                    let mode = policy?.policy.with(own) ?? own
                    // What the policy decides is said once, of the policy.
                    if let policy, mode == policy.policy.mode, mode != own { continue }
                    seen.append(
                        .init(
                            name: family.name, kind: .firefox, user: home.user, file: file, mode: mode, policyFile: policyFile,
                            policyFileExists: hasPolicyFile))
                }
            }
        }
        if let policy {
            seen.append(
                .init(name: family.name, kind: .firefox, user: nil, file: policy.file, mode: policy.policy.mode, policyFile: policyFile))
        }
        return seen
    }

    private static func readChromium(_ family: Family, _ homes: [Home]) -> [BrowserSeen] {
        let files = family.policies.flatMap { folder in (TextFile.names(in: folder) ?? []).map { "\(folder)/\($0)" } }
        let policy = files.filter { $0.hasSuffix(".json") }.compactMap { file in
            (try? TextFile.bytes(file)).flatMap { ChromiumSettings.mode(inPolicy: $0) }.map { (file: file, mode: $0) }
        }.last
        let policyFile = family.policies[0] + "/sluice.json"
        let hasPolicyFile = unsafe access(policyFile, F_OK) == 0
        if let policy {
            // A managed policy leaves the user no choice.
            return [.init(name: family.name, kind: .chromium, user: nil, file: policy.file, mode: policy.mode, policyFile: policyFile)]
        }
        return homes.flatMap { home in
            family.folders.compactMap { folder in
                let file = "\(home.folder)/\(folder)/Local State"
                guard let mode = (try? TextFile.bytes(file)).flatMap({ ChromiumSettings.mode(inLocalState: $0) }) else { return nil }
                return BrowserSeen(
                    name: family.name, kind: .chromium, user: home.user, file: file, mode: mode, policyFile: policyFile,
                    policyFileExists: hasPolicyFile)
            }
        }
    }
}
