// SPDX-License-Identifier: MIT

/// What a rule wants done; shared by all lines of a list.
package struct Treatment: Hashable, Sendable {
    package var action: Action
    /// The tunnel a `tunnel:NAME` rule asks for; nil: whichever is active.
    package var tunnel: String?
    package var options: Rule.Options

    package init(_ action: Action, tunnel: String? = nil, options: Rule.Options = Rule.Options()) {
        self.action = action
        self.tunnel = tunnel
        self.options = options
    }
}

/// The rule that decides, as far as a decision needs it: cheap to copy. `Matcher.rule` has the rest.
package struct Ruling: Hashable, Sendable {
    /// The rule in its matcher. Numbers ascend as files and lines do; between two of them there may be gaps.
    package let number: Int
    private let shared: SharedTreatment

    package init(number: Int, treatment: Treatment) { self.init(number: number, shared: SharedTreatment(treatment)) }

    init(number: Int, shared: SharedTreatment) {
        self.number = number
        self.shared = shared
    }

    package var treatment: Treatment { shared.value }

    package var action: Action { treatment.action }
    package var tunnel: String? { treatment.tunnel }
    package var options: Rule.Options { treatment.options }
}

/// A treatment that is copied by reference: all in it together is larger than the rest of a decision.
final class SharedTreatment: Hashable, Sendable {
    let value: Treatment

    init(_ value: Treatment) { self.value = value }

    static func == (left: SharedTreatment, right: SharedTreatment) -> Bool { left === right || left.value == right.value }

    func hash(into hasher: inout Hasher) { hasher.combine(value) }
}

extension Rule {
    package var treatment: Treatment { Treatment(action, tunnel: tunnel, options: options) }

    package init(_ treatment: Treatment, _ pattern: Pattern, text: String, file: String = "", line: Int = 0, column: Int = 0) {
        self.init(
            treatment.action, tunnel: treatment.tunnel, pattern, text: text, options: treatment.options, file: file, line: line,
            column: column)
    }
}
