// SPDX-License-Identifier: MIT
import Rules

/// Where the keys of a configuration stand in its file.
package struct Places: Hashable, Sendable {
    /// The file as it was named to us.
    package let file: String
    private var places: [String: Place] = [:]

    package init(file: String = "") { self.file = file }

    /// The place of a value: `dns.setting`, of a list element: `dns.servers[0]`, of a tunnel's value: `tunnel[1].config`.
    /// Nil when the file does not have it.
    package subscript(key: String) -> Place? {
        get { places[key] }
        set { places[key] = newValue }
    }

    /// A problem at the value of `key`; where the file leaves the key out, at what holds it, at last the file as a whole.
    package func problem(_ severity: Problem.Severity, at key: String, _ message: String, hint: String? = nil) -> Problem {
        let place = self.nearest(to: key)
        return Problem(severity, file: file, line: place.line, column: place.column, message, hint: hint)
    }

    func nearest(to key: String) -> Place {
        var name = Substring(key)
        while true {
            if let place = places[String(name)] { return place }
            guard let cut = name.lastIndex(where: { $0 == "." || $0 == "[" }) else { return .whole }
            name = name[..<cut]
        }
    }

    /// Places are no part of what a configuration says: moving a key changes nothing, and no reload is due.
    package static func == (left: Places, right: Places) -> Bool { true }
    package func hash(into hasher: inout Hasher) {}
}
