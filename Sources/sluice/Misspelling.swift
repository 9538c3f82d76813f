// SPDX-License-Identifier: MIT
import ArgumentParser
import Rules

/// A verb that there is not, and the one that was probably meant.
enum Misspelling {
    /// What to say of a first argument; nil: it is a verb, or not meant as one.
    static func text(of argument: String, in verbs: [any ParsableCommand.Type]) -> String? {
        guard !argument.hasPrefix("-"), argument != "help" else { return nil }
        let names = verbs.compactMap { $0.configuration.commandName }
        // Those without a name of their own are named after their type: only what has a near one is ours to answer.
        guard !names.contains(argument), let near = nearestWord(to: argument, among: names) else { return nil }
        return "'\(argument)' is no command; did you mean '\(near)'?"
    }
}
