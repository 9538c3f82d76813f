// SPDX-License-Identifier: MIT
import Wire

/// What a list excepts from itself, where the longest name decides (dnsmasq, AdGuard's upstream lines, response policy zones).
///
/// To a sink an exception of a list stands above all of that list's rules. So a rule below an exception is given out as of a second list, with
/// the exceptions below that rule; and so on inwards.
struct ListExceptions {
    /// More in one another are in no list; each costs one more reading.
    static let deepest = 8

    /// Names with all below them, or only what is below them.
    private var names: Set<Name> = []

    var isEmpty: Bool { names.isEmpty }

    mutating func insert(_ kind: NameKind, _ name: Name) {
        // An exception of one name holds no other.
        if kind != .exact { names.insert(name) }
    }

    /// In how many exceptions the name stands, its own not counted.
    func depth(of name: Name) -> Int {
        var depth = 0
        var rest = name.parent
        while !rest.isRoot {
            if names.contains(rest) { depth += 1 }
            rest = rest.parent
        }
        return depth
    }
}

extension ListScope {
    /// Gives out `name` at the depth that is being read.
    mutating func take(_ kind: NameKind, _ said: ListLine, into sink: inout some ListSink) {
        guard depth > 0 else {
            if said.isException { exceptions.insert(kind, name) }
            return sink.take(kind, name, said)
        }
        let own = exceptions.depth(of: name)
        isDeeper = isDeeper || own > depth
        if own == depth { sink.take(kind, name, said) }
    }

    /// Reads a list, and what of it stands within its own exceptions once more for each of them.
    mutating func readInwards<Sink: ListSink>(_ sink: inout Sink, _ read: (inout ListScope, inout Sink) -> Void) {
        read(&self, &sink)
        guard !exceptions.isEmpty else { return }
        repeat {
            depth += 1
            isDeeper = false
            sink.begin(file: file)
            read(&self, &sink)
        } while isDeeper && depth < ListExceptions.deepest
        depth = 0
        guard isDeeper else { return }
        sink.warn(
            Problem(
                .warning, file: file, line: 0, column: 0,
                "exceptions within exceptions, more than \(ListExceptions.deepest) deep: what is below them is not taken"))
    }
}
