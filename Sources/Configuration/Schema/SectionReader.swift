// SPDX-License-Identifier: MIT
import Rules

/// Reads the keys of one table into the properties of a section. A property stays as it is when the key is absent or wrong.
///
/// What is asked for is known: the rest of the table's keys are unknown ones.
final class SectionReader {
    let reading: Reading
    let table: TOMLTable
    /// `dns`, `tunnel[0]`
    let path: String
    private(set) var known: [String] = []

    init(reading: Reading, table: TOMLTable, path: String) {
        self.reading = reading
        self.table = table
        self.path = path
    }

    func has(_ key: String) -> Bool { table[key] != nil }

    /// Whether the list `key` is left out or has nothing in it. A list whose elements are wrong is not empty.
    func isEmptyList(_ key: String) -> Bool {
        guard let value = table[key]?.value else { return true }
        return value.kind == .array([])
    }

    func report(at key: String, _ message: String, hint: String? = nil) {
        reading.findings.error(table[key]?.key.place ?? table.place, message, hint: hint)
    }

    /// Something missing: reported at the table's header.
    func reportAbsence(_ message: String, hint: String) {
        reading.findings.error(table.place, message, hint: hint)
    }

    func read(_ key: String, into truth: inout Bool) {
        guard let value = value(key) else { return }
        guard case .boolean(let found) = value.kind else {
            let hint: String? =
                switch value.kind {
                case .string("true"), .string("yes"), .string("on"), .integer(1): "\(key) = true"
                case .string("false"), .string("no"), .string("off"), .integer(0): "\(key) = false"
                case .string, .integer, .float, .boolean, .array, .table, .invalid: nil
                }
            return mismatch(value, expected: "true or false", hint: hint)
        }
        truth = found
    }

    func read(_ key: String, into number: inout Int, in range: ClosedRange<Int>) {
        guard let value = value(key) else { return }
        guard case .integer(let found) = value.kind else {
            var hint: String?
            if case .string(let text) = value.kind, Int(text) != nil { hint = "\(key) = \(text)" }
            return mismatch(value, expected: "a whole number", hint: hint)
        }
        guard range.contains(found) else {
            reading.findings.error(value.place, "\(key) is \(found); it must be from \(range.lowerBound) to \(range.upperBound)")
            return
        }
        number = found
    }

    func read<Choice: RawRepresentable<String> & CaseIterable>(_ key: String, into choice: inout Choice) {
        guard let value = value(key) else { return }
        let words = Choice.allCases.map(\.rawValue)
        guard case .string(let text) = value.kind else { return mismatch(value, expected: alternatives(words)) }
        guard let found = Choice(rawValue: text) else {
            let hint = nearestWord(to: text, among: words).map { "did you mean \(quoted($0))?" }
            reading.findings.error(value.place, "\(quoted(text)) is no value of \(key): \(alternatives(words))", hint: hint)
            return
        }
        choice = found
    }

    func read(_ key: String, into duration: inout Duration, in range: ClosedRange<Duration>) {
        guard let value = value(key) else { return }
        let shape = "a duration such as \"200ms\", \"1s\", \"30m\", \"2h\" or \"1d\""
        guard case .string(let text) = value.kind else {
            var hint: String?
            if case .integer(let number) = value.kind, number >= 0 { hint = "\(key) = \"\(number)s\" for seconds" }
            return mismatch(value, expected: shape, hint: hint)
        }
        guard let found = DurationText.read(text) else { return mismatch(value, expected: shape) }
        guard range.contains(found) else {
            let bounds = "from \(DurationText.write(range.lowerBound)) to \(DurationText.write(range.upperBound))"
            reading.findings.error(value.place, "\(key) is \(text); it must be \(bounds)")
            return
        }
        duration = found
    }

    /// `error` says what is wrong with a text, or nil.
    func read(_ key: String, into text: inout String, checking error: (String) -> String? = { _ in nil }) {
        var found: String?
        read(key, into: &found, checking: error)
        if let found { text = found }
    }

    func read(_ key: String, into text: inout String?, checking error: (String) -> String? = { _ in nil }) {
        guard let value = value(key) else { return }
        guard case .string(let found) = value.kind else { return mismatch(value, expected: "a string") }
        if let message = error(found) {
            reading.findings.error(value.place, message)
        } else {
            text = found
        }
    }

    /// A list of strings, each made an element by `element`, which reports why it cannot.
    func read<Element>(
        _ key: String, into list: inout [Element], of what: String, _ element: (String, Place, inout Findings) -> Element?
    ) {
        guard let value = value(key) else { return }
        let expected = "a list of \(what), each in quotes"
        guard case .array(let values) = value.kind else {
            var hint: String?
            if case .string(let text) = value.kind { hint = "\(key) = [\(quoted(text))]" }
            return mismatch(value, expected: expected, hint: hint)
        }
        list = []
        for value in values where value.kind != .invalid {
            guard case .string(let text) = value.kind else {
                mismatch(value, expected: "a string in the list")
                continue
            }
            guard let element = element(text, value.place, &reading.findings) else { continue }
            reading.places["\(path).\(key)[\(list.count)]"] = value.place
            list.append(element)
        }
    }

    private func mismatch(_ value: TOMLValue, expected: String, hint: String? = nil) {
        reading.findings.error(value.place, "expected \(expected), found \(value.found)", hint: hint)
    }

    /// Nil when the file leaves the key out or its value has a syntax error.
    private func value(_ key: String) -> TOMLValue? {
        known.append(key)
        guard let value = table[key]?.value, value.kind != .invalid else { return nil }
        reading.places["\(path).\(key)"] = value.place
        return value
    }
}
