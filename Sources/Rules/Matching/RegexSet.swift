// SPDX-License-Identifier: MIT

/// Regexes that are searched for all at once.
package protocol RegexSet: Sendable {
    /// Which of the sources it was compiled from are found in `text`: their indices, ascending.
    /// - Parameter text: a name's presentation form, lower case, without the final dot.
    func matches(_ text: Span<UInt8>) -> [Int]
}

/// A source that is no regex, or none that can be searched for.
package struct RegexMistake: Hashable, Sendable {
    /// Of the source, in the list given to the compiler.
    package let index: Int
    /// Where in the source, in bytes from 0; nil: not known.
    package let offset: Int?
    package let message: String

    package init(index: Int, offset: Int?, message: String) {
        self.index = index
        self.offset = offset
        self.message = message
    }
}

/// Makes one set of all sources; what it cannot take is left out and reported.
package typealias RegexCompiler = @Sendable (_ sources: [String]) -> (set: any RegexSet, mistakes: [RegexMistake])

/// The standard library's regexes, one after the other: for a few, where nobody handed in anything faster.
package struct EachRegex: RegexSet {
    private var regexes: [(index: Int, regex: SendableRegex)] = []

    /// Regex is immutable once compiled; the standard library has not yet said so.
    private struct SendableRegex: @unchecked Sendable {
        let value: Regex<AnyRegexOutput>
    }

    package static let compile: RegexCompiler = { sources in
        var set = EachRegex()
        var mistakes: [RegexMistake] = []
        for (index, source) in sources.enumerated() {
            do {
                set.regexes.append((index, SendableRegex(value: try Regex(source).ignoresCase())))
            } catch {
                mistakes.append(RegexMistake(index: index, offset: nil, message: "\(error)"))
            }
        }
        return (set, mistakes)
    }

    package func matches(_ text: Span<UInt8>) -> [Int] {
        let string = String(decoding: text.indices.map { text[$0] }, as: UTF8.self)
        return regexes.filter { string.contains($0.regex.value) }.map(\.index)
    }
}
