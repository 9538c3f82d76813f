// SPDX-License-Identifier: MIT
import Rules

/// A list as it is on disk, to be looked at and not taken; its signature is checked where the include asks for one.
package struct ListOnDisk {
    private let candidate: ListCandidate
    private let include: Include

    /// Errors: no such list, no such key, a signature that is none of these bytes.
    package init(_ include: Include) throws(Problem) {
        self.include = include
        let key = if let text = include.key { try SigningKey.named(text, text, by: include) } else { nil as SigningKey? }
        do throws(ListRefusal) {
            candidate = try ListCandidate(path: include.path, key: key, after: nil)
        } catch {
            throw include.problem(.error, "\(include.path): \(error.text)", hint: error.hint)
        }
    }

    package func read(into sink: inout some ListSink) {
        let reader = ListReader(
            include, idna: { InternationalName.ascii($0) }, open: { candidate.open($0) }, beside: { candidate.beside })
        candidate.bytes.withSpan { reader.read($0, into: &sink) }
    }
}
