// SPDX-License-Identifier: MIT

/// What the file at /etc/resolv.conf is to us, judged from what is seen and what is recorded.
package enum Hold: Hashable, Sendable {
    /// Not taken: nothing is recorded, and the file is not ours.
    case none
    /// Recorded, and as it was before: a takeover that had only begun, or a giving back that was all but done.
    case original
    /// Recorded, and ours; `exact` when nobody edited it.
    case ours(exact: Bool)
    /// Recorded, but somebody else put something in its place.
    case foreign
    /// Ours, and nothing is recorded: what was there before is not known.
    case unrecorded

    package init(_ look: HostLook, _ record: TakeoverRecord?) {
        guard let record else {
            self = look.entry == .file && OurFile.isOurs(look.contents ?? []) ? .unrecorded : .none
            return
        }
        switch (look.entry, record.original) {
        case (.missing, .missing): self = .original
        case (.link(let now), .link(let then, _, _)) where now == then: self = .original
        case (.file, .file(let file)) where look.contents == file.bytes: self = .original
        case (.file, let original):
            let contents = look.contents ?? []
            if contents == record.ours {
                self = .ours(exact: true)
            } else if OurFile.isOurs(contents) || Self.isHalfGivenBack(contents, original, record.ours) {
                self = .ours(exact: false)
            } else {
                self = .foreign
            }
        case (.missing, _), (.link, _), (.other, _): self = .foreign
        }
    }

    /// Written in place, and killed before the longer text's tail was cut off. (The other way round, our first line tells.)
    private static func isHalfGivenBack(_ contents: [UInt8], _ original: TakeoverRecord.Original, _ ours: [UInt8]) -> Bool {
        guard case .file(let file) = original, file.bytes.count < ours.count else { return false }
        return contents == file.bytes + ours[file.bytes.count...]
    }
}
