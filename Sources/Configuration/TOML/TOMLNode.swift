// SPDX-License-Identifier: MIT

/// A table while the file is being read; afterwards `frozen` into a value.
final class TOMLNode {
    /// How the table came to be, which decides who may still add to it.
    enum Origin {
        case header
        /// By `[a.b]`, which needs an `a`; `[a]` may follow once.
        case implied
        /// By a dotted key or in an inline table.
        case dotted
    }

    enum Slot {
        case value(TOMLValue)
        case table(TOMLNode)
        case tables(TOMLNodeList)
    }

    private(set) var origin: Origin
    private(set) var place: Place
    private var entries: [(key: TOMLKey, slot: Slot)] = []
    private var index: [String: Int] = [:]

    init(_ origin: Origin, at place: Place) {
        self.origin = origin
        self.place = place
    }

    var frozen: TOMLTable {
        TOMLTable(
            place: place,
            entries: entries.map { key, slot in
                let value =
                    switch slot {
                    case .value(let value): value
                    case .table(let node): TOMLValue(kind: .table(node.frozen), place: node.place)
                    case .tables(let list): list.frozen
                    }
                return TOMLTable.Entry(key: key, value: value)
            })
    }

    /// Opens `[path]` or, as one more of a list, `[[path]]`. Nil, and reported, when something else has the name.
    func open(_ path: [TOMLKey], asList: Bool, at place: Place, findings: inout Findings) -> TOMLNode? {
        var node = self
        for key in path.dropLast() {
            guard let next = node.step(over: key, findings: &findings) else { return nil }
            node = next
        }
        guard let key = path.last else { return nil }
        return node.open(last: key, asList: asList, at: place, findings: &findings)
    }

    /// The table that holds the last part of the dotted key `path`. Nil, and reported, when one of the parts is no table open to it.
    func descend(_ path: ArraySlice<TOMLKey>, findings: inout Findings) -> TOMLNode? {
        var node = self
        for key in path {
            guard let position = node.index[key.name] else {
                node = node.add(TOMLNode(.dotted, at: key.place), as: key)
                continue
            }
            guard case .table(let next) = node.entries[position].slot, next.origin == .dotted else {
                node.reportTaken(key, findings: &findings)
                return nil
            }
            node = next
        }
        return node
    }

    /// Sets a value; reported when the key is there already.
    func set(_ key: TOMLKey, to value: TOMLValue, findings: inout Findings) {
        guard index[key.name] == nil else {
            reportTaken(key, findings: &findings)
            return
        }
        index[key.name] = entries.count
        entries.append((key, .value(value)))
    }

    private func step(over key: TOMLKey, findings: inout Findings) -> TOMLNode? {
        guard let position = index[key.name] else { return add(TOMLNode(.implied, at: key.place), as: key) }
        switch entries[position].slot {
        case .table(let node): return node
        case .tables(let list): return list.nodes.last
        case .value:
            reportTaken(key, findings: &findings)
            return nil
        }
    }

    private func open(last key: TOMLKey, asList: Bool, at place: Place, findings: inout Findings) -> TOMLNode? {
        guard let position = index[key.name] else {
            let node = TOMLNode(.header, at: place)
            guard asList else { return add(node, as: key) }
            index[key.name] = entries.count
            entries.append((key, .tables(TOMLNodeList(node))))
            return node
        }
        switch entries[position].slot {
        case .tables(let list) where asList:
            let node = TOMLNode(.header, at: place)
            list.nodes.append(node)
            return node
        case .table(let node) where !asList && node.origin == .implied:
            node.origin = .header
            node.place = place
            return node
        case .table(let node) where !asList:
            reportTaken(key, findings: &findings)
            // Its keys are read into the first, so that they are checked too.
            return node
        case .table, .tables, .value:
            reportTaken(key, findings: &findings)
            return nil
        }
    }

    private func add(_ node: TOMLNode, as key: TOMLKey) -> TOMLNode {
        index[key.name] = entries.count
        entries.append((key, .table(node)))
        return node
    }

    private func reportTaken(_ key: TOMLKey, findings: inout Findings) {
        guard let position = index[key.name] else { return }
        let (first, slot) = entries[position]
        let what =
            switch slot {
            case .table: "the table \(quoted(key.name))"
            case .tables: "the list of tables \(quoted(key.name))"
            case .value: "the key \(quoted(key.name))"
            }
        findings.error(key.place, "\(what) is there already, at line \(first.place.line), column \(first.place.column)")
    }
}

/// The tables of one `[[name]]`; an object, so that one more is added without copying the others.
final class TOMLNodeList {
    fileprivate(set) var nodes: [TOMLNode]

    fileprivate init(_ first: TOMLNode) { nodes = [first] }

    fileprivate var frozen: TOMLValue {
        let tables = nodes.map { TOMLValue(kind: .table($0.frozen), place: $0.place) }
        return TOMLValue(kind: .array(tables), place: tables.first?.place ?? .whole)
    }
}
