// SPDX-License-Identifier: MIT
import Wire

/// A response policy zone as a master file. The owner, without the zone's own name, is what a rule is about: `x` exactly, `*.x` all below it.
///
/// - `CNAME .` (no such name): every action takes it, in the place of that answer.
/// - `CNAME *.` (no data), `CNAME rpz-drop.`, and `A` or `AAAA` with 0.0.0.0, :: or a loopback address: `block` takes them; `rpz-drop.` with a
///   warning, since the question is answered, not dropped.
/// - `CNAME rpz-passthru.`, or a CNAME to the owner's own name: an exception from the list, but not from longer owners below.
/// - `CNAME rpz-tcp-only.`, other CNAMEs and other data: not taken; nor are triggers by address, server or client (`rpz-ip`, `rpz-nsdname`, …).
///
/// The zone's name is the owner of its SOA record, or the first `$ORIGIN`. `SOA`, `NS` and DNSSEC records say nothing about names here.
struct PolicyZone {
    /// Where relative names count from; nil: not said, so they count from the zone's name, whatever it is.
    private var origin: Name?
    private var apex: Name?
    private var owner: [UInt8] = []
    /// The name and kind that was taken last: several records of one owner are one rule.
    private var last: (name: Name, kind: NameKind)?

    mutating func read(_ bytes: Span<UInt8>, _ scope: inout ListScope, into sink: inout some ListSink) {
        var zone = ZoneReader()
        while let entry = zone.next(in: bytes) {
            if let mistake = entry.mistake {
                scope.warn("records that do not end", line: entry.line, "\(mistake): not taken", into: &sink)
                continue
            }
            let first = entry.words[0]
            if bytes[first.lowerBound] == UInt8(ascii: "$"), !entry.isContinued {
                directive(bytes, entry, &scope, into: &sink)
                continue
            }
            if !entry.isContinued { owner = bytes.array(first) }
            guard let record = ZoneRecord(bytes, entry) else {
                scope.warn(
                    "lines that are no records", line: entry.line, "no record: a name, a type and its data are expected",
                    hint: "ads.example CNAME .", into: &sink)
                continue
            }
            read(record, entry.line, bytes, &scope, into: &sink)
        }
    }

    private mutating func directive(
        _ bytes: Span<UInt8>, _ entry: ZoneReader.Entry, _ scope: inout ListScope, into sink: inout some ListSink
    ) {
        let word = entry.words[0]
        if bytes.equals(word, "$ttl", blind: true) { return }
        if bytes.equals(word, "$origin", blind: true), entry.words.count > 1, entry.words[1].count < 1100,
            let name = absolute(bytes.string(entry.words[1]))
        {
            origin = name
            apex = apex ?? name
            return
        }
        let shown = ListScope.shown(bytes, word)
        scope.warn("\(shown) is not read", line: entry.line, "\(shown) is not read here: passed over", into: &sink)
    }

    /// A name of the file as a whole one; nil when it is none.
    private func absolute(_ text: String) -> Name? {
        if text == "@" { return origin ?? apex ?? .root }
        guard let name = Name(text) else { return nil }
        let isAbsolute = text.hasSuffix(".") && !text.hasSuffix("\\.")
        return isAbsolute ? name : name.appending(origin ?? apex ?? .root)
    }

    private mutating func read(
        _ record: ZoneRecord, _ line: Int, _ bytes: Span<UInt8>, _ scope: inout ListScope, into sink: inout some ListSink
    ) {
        switch record.type {
        case .authority:
            guard apex == nil, let name = absolute(String(decoding: owner.prefix(1100), as: UTF8.self)) else { return }
            apex = name
            origin = origin ?? name
            return
        case .silent: return
        case .alias, .address, .other: break
        }
        guard let (kind, name) = trigger(line, &scope, into: &sink) else { return }
        var said = ListLine(line: line)
        switch verdict(record, name, kind, bytes) {
        case .taken: break
        case .exception: said.isException = true
        case .blocking(let what):
            guard scope.action == .block else {
                let action = scope.action.rawValue
                scope.warn(
                    "other answers in a \(action) list", line: line, "\(what) is a block, the include '\(action)': not taken", into: &sink)
                return
            }
            if what == "rpz-drop" {
                scope.warn("rpz-drop", line: line, "rpz-drop: the question is answered as blocked, not dropped", into: &sink)
            }
        case .none(let what):
            scope.warn(what, line: line, "\(what): not taken", into: &sink)
            return
        }
        guard said.isException || last.map({ $0.name != name || $0.kind != kind }) ?? true else { return }
        if !said.isException { last = (name, kind) }
        scope.name = name
        scope.take(kind, said, into: &sink)
    }

    private enum Verdict {
        case taken, exception
        case blocking(String)
        /// Not taken, because of this.
        case none(String)
    }

    private func verdict(_ record: ZoneRecord, _ name: Name, _ kind: NameKind, _ bytes: Span<UInt8>) -> Verdict {
        switch record.type {
        case .alias:
            if bytes.equals(record.data, ".") { return .taken }
            let text = bytes.string(record.data.prefix(1100))
            if text == "*." { return .blocking("an answer without data") }
            switch text.lowercased() {
            case "rpz-passthru.": return .exception
            case "rpz-drop.": return .blocking("rpz-drop")
            case "rpz-tcp-only.": return .none("rpz-tcp-only, which no rule says")
            default: break
            }
            return kind == .exact && Name(text) == name && text.hasSuffix(".") ? .exception : .none("a CNAME to another name")
        case .address:
            guard record.data.count <= 64, let address = IPAddress(bytes.string(record.data)) else {
                return .none("an address that is none")
            }
            return HostsList.isSink(address) ? .blocking("an address that leads nowhere") : .none("an address of its own")
        case .other: return .none("data of its own")
        case .authority, .silent: return .none("a record of the zone itself")
        }
    }

    /// What the owner is about; nil, with a warning, if that is no name.
    private func trigger(_ line: Int, _ scope: inout ListScope, into sink: inout some ListSink) -> (NameKind, Name)? {
        let text = owner.span
        var range = 0..<text.count
        let isBelow = text.starts(range, with: "*.")
        if isBelow { range = 2..<text.count }
        if text.equals(range, "@") || text.equals(range, "*") {
            scope.warn("records for every name", line: line, "a rule for every name: not taken", into: &sink)
            return nil
        }
        guard scope.readName(text, range, line: line, into: &sink) else { return nil }
        var name = scope.name
        let isAbsolute =
            range.count > 1 && text[range.upperBound - 1] == UInt8(ascii: ".") && text[range.upperBound - 2] != UInt8(ascii: "\\")
        let zone = apex ?? .root
        if let whole = isAbsolute ? name : name.appending(origin ?? zone), whole.isAtOrBelow(zone), whole != zone {
            name = whole.leading(labels: whole.labelCount - zone.labelCount)
        } else {
            scope.warn("records outside the zone", line: line, "the owner is not below the zone's name, \(zone)", into: &sink)
            return nil
        }
        // Only the last label, and nearly none begins so: no text is made of the others.
        let ending = name.dropping(labels: name.labelCount - 1)
        if ending[1] == UInt8(ascii: "r"), ["rpz-ip", "rpz-nsip", "rpz-nsdname", "rpz-client-ip"].contains(ending.description) {
            scope.warn("triggers by \(ending)", line: line, "\(ending) is not about the name that is asked: not taken", into: &sink)
            return nil
        }
        return (isBelow ? .below : .exact, name)
    }
}
