// SPDX-License-Identifier: MIT
import Wire

/// Which names a rule's name stands for.
package enum NameKind: UInt8, Hashable, Sendable, CaseIterable {
    /// This name only.
    case exact
    /// This name and all below it.
    case suffix
    /// All below it.
    case below
}

/// Takes what a list says, line by line. A format never decides the action: the include does.
package protocol ListSink {
    /// Following entries stand in this file, which the list includes or is; to exceptions they are a list of their own.
    mutating func begin(file: String)
    mutating func take(_ kind: NameKind, _ name: borrowing Name, _ said: ListLine)
    /// Regexes, keywords and networks; names come by the other way.
    mutating func take(_ pattern: Pattern, _ said: ListLine)
    mutating func warn(_ problem: Problem)
}

/// Where and how a list says it.
package struct ListLine: Hashable, Sendable {
    /// Counted from 1.
    package var line: Int
    /// The server this line names, before the one of the include.
    package var via: ServerAddress?
    /// What matches here is not this list's: AdGuard `@@`, RPZ passthru. Other rules take it, or none.
    package var isException: Bool

    package init(line: Int, via: ServerAddress? = nil, isException: Bool = false) {
        self.line = line
        self.via = via
        self.isException = isException
    }
}
