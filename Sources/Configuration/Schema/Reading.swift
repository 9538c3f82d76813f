// SPDX-License-Identifier: MIT
import Rules

/// One reading of a configuration: what was found wrong, where things stand, and which keys there are.
final class Reading {
    var findings: Findings
    var places: Places
    /// The keys of each section, by its name in the file.
    private(set) var keys: [String: [String]] = [:]
    /// Keys that nobody asked for.
    private var unknown: [(key: TOMLKey, section: String, title: String)] = []

    init(findings: Findings) {
        self.findings = findings
        places = Places(file: findings.file)
    }

    /// Reads the one table `[name]`; where the file has none, an empty one, which gives the defaults.
    func section<Section>(_ name: String, of root: TOMLTable, _ read: (SectionReader) -> Section) -> Section {
        var table = TOMLTable(place: .whole, entries: [])
        if let entry = root[name] {
            switch entry.value.kind {
            case .table(let found):
                table = found
                places[name] = entry.value.place
            case .array(let values) where values.contains { if case .table = $0.kind { true } else { false } }:
                findings.error(entry.value.place, "there is only one \(name) table", hint: "write [\(name)]")
                if case .table(let first)? = values.first?.kind { table = first }
            case .invalid: break
            case .string, .integer, .float, .boolean, .array:
                findings.error(entry.value.place, "expected a table, found \(entry.value.found)", hint: "write [\(name)] above its keys")
            }
        }
        return self.read(table, as: name, title: "[\(name)]", read)
    }

    /// Reads the list of tables `[[name]]`.
    func sections<Section>(_ name: String, of root: TOMLTable, _ read: (SectionReader) -> Section) -> [Section] {
        let entry = root[name]
        var tables: [TOMLTable] = []
        switch entry?.value.kind {
        case nil, .invalid: break
        case .array(let values):
            for value in values {
                if case .table(let table) = value.kind {
                    places["\(name)[\(tables.count)]"] = value.place
                    tables.append(table)
                } else if value.kind != .invalid {
                    findings.error(value.place, "expected a table, found \(value.found)", hint: "write [[\(name)]] above its keys")
                }
            }
        case .table(let table):
            findings.error(table.place, "there may be several \(name) tables, and each has two brackets", hint: "write [[\(name)]]")
            places["\(name)[0]"] = table.place
            tables.append(table)
        case .string, .integer, .float, .boolean:
            findings.error(
                entry?.value.place ?? .whole, "expected tables, found \(entry?.value.found ?? "none")",
                hint: "write [[\(name)]] above its keys")
        }
        if tables.isEmpty {
            // Learns the keys, for hints; what such a table would lack is no problem.
            let known = findings
            _ = self.read(TOMLTable(place: .whole, entries: []), as: name, title: "[[\(name)]]", read)
            findings = known
        }
        return tables.enumerated().map { self.read($1, as: name, index: $0, title: "[[\(name)]]", read) }
    }

    private func read<Section>(
        _ table: TOMLTable, as name: String, index: Int? = nil, title: String, _ read: (SectionReader) -> Section
    ) -> Section {
        let path = index.map { "\(name)[\($0)]" } ?? name
        let reader = SectionReader(reading: self, table: table, path: path)
        let section = read(reader)
        keys[name] = reader.known
        let known = Set(reader.known)
        for entry in table.entries where !known.contains(entry.key.name) { unknown.append((entry.key, name, title)) }
        return section
    }

    /// To be called when all sections have been read.
    func reportUnknown(of root: TOMLTable) {
        let sections = keys.keys.sorted()
        for (key, section, title) in unknown where !findings.isFull {
            findings.error(
                key.place, "unknown key \(quoted(key.name)) in \(title)", hint: hint(for: key.name, among: keys[section] ?? []))
        }
        for entry in root.entries where keys[entry.key.name] == nil && !findings.isFull {
            if case .table = entry.value.kind {
                let hint = nearestWord(to: entry.key.name, among: sections).map { "did you mean [\($0)]?" }
                findings.error(entry.value.place, "unknown table \(quoted(entry.key.name))", hint: hint)
            } else if case .array(let values) = entry.value.kind, case .table? = values.first?.kind {
                let hint = nearestWord(to: entry.key.name, among: sections).map {
                    $0 == "tunnel" ? "did you mean [[tunnel]]?" : "did you mean [\($0)]?"
                }
                findings.error(entry.value.place, "unknown table \(quoted(entry.key.name))", hint: hint)
            } else {
                findings.error(
                    entry.key.place, "unknown key \(quoted(entry.key.name)) above the first table",
                    hint: hint(for: entry.key.name, among: []))
            }
        }
    }

    /// The key itself in another section, else a near one in this section, else a near one in another.
    private func hint(for name: String, among own: [String]) -> String? {
        let sections = keys.keys.sorted()
        func title(_ section: String) -> String { section == "tunnel" ? "[[tunnel]]" : "[\(section)]" }
        if let home = sections.first(where: { keys[$0]?.contains(name) == true }) { return "\(quoted(name)) belongs in \(title(home))" }
        if let near = nearestWord(to: name, among: own) { return "did you mean \(quoted(near))?" }
        for section in sections {
            if let near = nearestWord(to: name, among: keys[section] ?? []) { return "did you mean \(quoted(near)) in \(title(section))?" }
        }
        return nil
    }
}
