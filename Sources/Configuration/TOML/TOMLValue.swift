// SPDX-License-Identifier: MIT

/// A value of a TOML file and where it stands.
package struct TOMLValue: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case string(String)
        case integer(Int)
        case float(Double)
        case boolean(Bool)
        /// A list in brackets, or the tables of one `[[name]]`.
        case array([TOMLValue])
        case table(TOMLTable)
        /// Something with a syntax error, which has been reported: it is of every type and of none.
        case invalid
    }

    package let kind: Kind
    package let place: Place

    /// The value as a message shows it: "expected …, found 53".
    package var found: String {
        switch kind {
        case .string(let text): quoted(text)
        case .integer(let number): "\(number)"
        case .float(let number): "\(number)"
        case .boolean(let truth): "\(truth)"
        case .array(let values): values.isEmpty ? "an empty list" : "a list"
        case .table: "a table"
        case .invalid: "nothing valid"
        }
    }
}
