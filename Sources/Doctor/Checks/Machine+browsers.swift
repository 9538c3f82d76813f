// SPDX-License-Identifier: MIT

/// Browsers that ask over HTTPS themselves: their lookups look like any web page, so that no firewall finds them.
extension Machine {
    var browserFindings: [Finding] {
        let findings = browsers.compactMap(finding)
        if !findings.isEmpty { return findings }
        return [
            .ok(
                .browsers, browsers.isEmpty ? "no browser with DNS over HTTPS found" : "no browser asks over HTTPS by its settings",
                meaning:
                    "Firefox's own default is switched off by use-application-dns.net, which Sluice answers with NXDOMAIN; a choice in a browser is not."
            )
        ]
    }

    private func finding(of browser: BrowserSeen) -> Finding? {
        let who = browser.name + (browser.user.map { " of \($0)" } ?? " by policy")
        let next = Self.next(browser)
        switch browser.mode {
        case .byDefault, .off: return nil
        case .first(let server):
            return .problem(
                .browsers, "\(who) asks \(server ?? "a server of its own") over HTTPS first",
                meaning: "Its lookups go round every rule: names of the tunnel are told to that server. \(browser.file) says so.",
                next: next)
        case .only(let server):
            return .problem(
                .browsers, "\(who) asks only \(server ?? "a server of its own"), over HTTPS",
                meaning: "Its lookups go round every rule: names of the tunnel are told to that server. \(browser.file) says so.",
                next: next)
        }
    }

    private static func next(_ browser: BrowserSeen) -> String {
        if browser.user == nil { return "sudoedit \(browser.file)" }
        let setting =
            switch browser.kind {
            case .firefox: "\"DNSOverHTTPS\": {\"Enabled\": false, \"Locked\": true}"
            case .chromium: "\"DnsOverHttpsMode\": \"off\""
            }
        // A policy that is there is somebody's: it is to be edited, not written over.
        if browser.policyFileExists { return "sudoedit \(browser.policyFile)    (put in: \(setting))" }
        let folder = browser.policyFile.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let policy = browser.kind == .firefox ? "{\"policies\": {\(setting)}}" : "{\(setting)}"
        return "sudo mkdir -p \(folder) && echo '\(policy)' | sudo tee \(browser.policyFile)"
    }
}
