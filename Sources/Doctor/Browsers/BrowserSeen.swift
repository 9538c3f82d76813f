// SPDX-License-Identifier: MIT

/// How a browser asks for names, as its files say.
package struct BrowserSeen: Hashable, Sendable {
    /// A family of browsers: where its settings stand, and how they are changed, is the same.
    package enum Kind: Hashable, Sendable { case firefox, chromium }

    package enum Mode: Hashable, Sendable {
        /// Nobody chose: Firefox heeds the canary domain, Chromium asks the system's server unless it is a known public one.
        case byDefault
        case off
        /// Over HTTPS first, the system's servers when that fails; the server, where it is named.
        case first(String?)
        /// Over HTTPS only.
        case only(String?)
    }

    /// `Firefox`, `Chromium`, `Brave` …
    package let name: String
    package let kind: Kind
    /// Nil: a policy for all users.
    package let user: String?
    /// The file that decides.
    package let file: String
    package let mode: Mode
    /// Where a policy for all users of this browser stands, or would.
    package let policyFile: String
    package let policyFileExists: Bool

    package init(
        name: String, kind: Kind, user: String?, file: String, mode: Mode, policyFile: String, policyFileExists: Bool = false
    ) {
        self.name = name
        self.kind = kind
        self.user = user
        self.file = file
        self.mode = mode
        self.policyFile = policyFile
        self.policyFileExists = policyFileExists
    }
}
