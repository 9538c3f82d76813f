// SPDX-License-Identifier: MIT

/// One change on disk. A takeover, and the giving back, is a list of them: whoever is killed between two can be helped.
package enum TakeoverStep: Hashable, Sendable {
    /// Into the state folder: whole or not at all, and synced.
    case record(TakeoverRecord)
    /// Sets these inode flags of `chattr +i` and `+a`, and clears the others of the two.
    case protect(UInt32)
    /// Written beside /etc/resolv.conf, under another name.
    case stage(TakeoverRecord.File)
    case stageLink(to: String, owner: TakeoverRecord.Owner, attributes: TakeoverRecord.Attributes)
    /// What was staged takes the name.
    case swap
    /// Written in place in one call, then cut to its length.
    case overwrite([UInt8])
    /// The time of the last change, which writing in place had set.
    case stamp(seconds: Int64, nanoseconds: Int64)
    case remove
    /// The record is no longer needed.
    case forget
    /// The record goes aside: somebody else's file is left alone, and what we had saved may still be wanted.
    case setAside
}

extension TakeoverStep {
    /// From what is there now to ours.
    static func take(_ record: TakeoverRecord, file: TakeoverRecord.File, way: Ownership.Way, lifting: Bool) -> [TakeoverStep] {
        var steps: [TakeoverStep] = [.record(record)]
        if lifting { steps.append(.protect(0)) }
        switch way {
        case .rename: steps += [.stage(file), .swap]
        case .inPlace: steps.append(.overwrite(record.ours))
        }
        return steps
    }

    /// From ours to what was there.
    static func giveBack(_ record: TakeoverRecord, way: Ownership.Way) -> [TakeoverStep] {
        switch (record.original, way) {
        case (.missing, .rename): return [.remove, .forget]
        // Whoever mounted it meanwhile wants a file there; emptied it says as little as a missing one.
        case (.missing, .inPlace), (.link, .inPlace): return [.overwrite([]), .setAside]
        case (.link(let target, let owner, let attributes), .rename):
            return [.stageLink(to: target, owner: owner, attributes: attributes), .swap, .forget]
        case (.file(let file), .rename): return [.stage(file), .swap] + ending(record)
        case (.file(let file), .inPlace): return [.overwrite(file.bytes)] + ending(record)
        }
    }

    /// When the file is as it was, and only what belongs to it is left to do.
    static func ending(_ record: TakeoverRecord) -> [TakeoverStep] {
        guard case .file(let file) = record.original else { return [.forget] }
        let stamp = TakeoverStep.stamp(seconds: file.modified.seconds, nanoseconds: file.modified.nanoseconds)
        return [stamp] + (file.protection != 0 ? [.protect(file.protection)] : []) + [.forget]
    }
}
