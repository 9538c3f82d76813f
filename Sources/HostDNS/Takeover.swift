// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Wire

/// The machine's resolv.conf, taken over and given back. Each call is one transaction under a lock that the daemon and the commands share; it reads
/// the disk anew, so that nothing needs to be remembered between two.
package struct Takeover: Sendable {
    package let paths: HostPaths
    /// What our resolv.conf names, in order; empty: it cannot be taken.
    package let addresses: [IPAddress]

    /// - Parameter listeners: where the daemon listens; those on port 53 are named.
    package init(paths: HostPaths, listeners: [ServerAddress]) {
        self.paths = paths
        addresses = OurFile.addresses(of: listeners)
    }

    /// What a takeover did.
    package struct Taken: Hashable, Sendable {
        /// Who owned the file that was found.
        package let owner: Ownership.Owner
        /// What will be given back.
        package let original: TakeoverRecord.Original
        /// False: the file had been ours already, as it is to be.
        package let changed: Bool
        /// What came of the lookup through it; nil when none was asked for.
        package let lookup: LookupTest.Outcome?
    }

    /// What giving back did.
    package enum Returned: Hashable, Sendable {
        /// Nothing had been taken.
        case nothing
        case restored(TakeoverRecord.Original)
        /// Somebody else's file stands there since; it was left alone. What we had saved is in the state folder, under `left-alone`.
        case leftAlone(Ownership.Owner)
    }

    /// Makes /etc/resolv.conf ours. What somebody else wrote over ours since the last time is first absorbed: as what to give back, and as what
    /// the network's servers are. Also for putting it again, and for taking over new `search` domains of a manager.
    /// - Parameters:
    ///   - force: lift `chattr +i`; giving back sets it again.
    ///   - test: a lookup through the new file; without an answer the wish is ended, all is rolled back and `noAnswer` thrown.
    package func take(force: Bool = false, test: LookupTest? = nil) throws(HostError) -> Taken {
        try take(force: force, test: test, limit: .max)
    }

    /// Puts back what was there, if ours is there now.
    package func giveBack() throws(HostError) -> Returned { try giveBack(limit: .max) }
}

extension Takeover {
    /// - Parameter limit: so many steps, and no more: where SIGKILL strikes.
    func take(force: Bool, test: LookupTest?, limit: Int) throws(HostError) -> Taken {
        guard !addresses.isEmpty else { throw .noAddress }
        let taken = try take(force: force, limit: limit)
        guard let test else { return taken }
        // Without the lock: the daemon that is to answer may be waiting for it.
        let outcome = test.ask(through: paths.look().contents ?? [])
        guard outcome.isAnswer else {
            try wish(false)
            _ = try giveBack()
            throw .noAnswer(outcome)
        }
        return Taken(owner: taken.owner, original: taken.original, changed: taken.changed, lookup: outcome)
    }

    private func take(force: Bool, limit: Int) throws(HostError) -> Taken {
        let lock = try Lock(paths)
        defer { lock.release() }
        let look = paths.look()
        let old = try readRecord()
        let hold = Hold(look, old)
        let ownership = Ownership(look)
        if ownership.hindrance == .notAFile { throw .hindered(.notAFile, path: paths.resolvConf) }
        guard let original = try original(look, hold, old) else { throw .originalUnknown(path: paths.resolvConf) }
        let ours = OurFile.text(naming: addresses, keeping: before(look, hold, original))
        let record = TakeoverRecord(original: original, ours: ours, absorbed: absorbed(look, hold, old))
        let changed = hold != .ours(exact: true) || look.contents != ours
        if changed {
            if let hindrance = ownership.hindrance, !(hindrance == .immutable && force) {
                throw .hindered(hindrance, path: paths.resolvConf)
            }
            do throws(HostError) {
                try run(
                    TakeoverStep.take(record, file: file(record), way: ownership.way, lifting: ownership.hindrance == .immutable),
                    limit: limit)
            } catch {
                if error != .interrupted { _ = try? undo() }
                throw error
            }
        }
        return Taken(owner: ownership.owner, original: original, changed: changed, lookup: nil)
    }

    func giveBack(limit: Int) throws(HostError) -> Returned {
        // Looks first without a lock: where nothing was ever taken, no state folder is made.
        if !Disk.exists(paths.record), !Disk.exists(paths.staged), Hold(paths.look(), nil) == .none { return .nothing }
        let lock = try Lock(paths)
        defer { lock.release() }
        return try undo(limit: limit)
    }

    /// Under the lock.
    private func undo(limit: Int = .max) throws(HostError) -> Returned {
        let look = paths.look()
        let ownership = Ownership(look)
        let record = try readRecord()
        let hold = Hold(look, record)
        try? Disk.remove(paths.staged)
        switch (hold, record) {
        case (.unrecorded, _): throw .originalUnknown(path: paths.resolvConf)
        case (.none, _), (_, nil): return .nothing
        case (.original, let record?):
            try run(TakeoverStep.ending(record), limit: limit)
            return .restored(record.original)
        case (.foreign, .some):
            try run([.setAside], limit: limit)
            return .leftAlone(ownership.owner)
        case (.ours, let record?):
            if let hindrance = ownership.hindrance { throw .hindered(hindrance, path: paths.resolvConf) }
            try run(TakeoverStep.giveBack(record, way: ownership.way), limit: limit)
            return .restored(record.original)
        }
    }

    private func run(_ steps: [TakeoverStep], limit: Int) throws(HostError) {
        for (number, step) in steps.enumerated() {
            guard number < limit else { throw .interrupted }
            try paths.perform(step)
        }
    }

    private func file(_ record: TakeoverRecord) -> TakeoverRecord.File {
        var label: TakeoverRecord.Attributes = [:]
        switch record.original {
        case .missing: break
        case .link(_, _, let attributes): label = attributes
        case .file(let file): label = file.attributes
        }
        return TakeoverRecord.File(
            bytes: record.ours, mode: 0o644, owner: .init(user: geteuid(), group: getegid()), modified: (0, 0), protection: 0,
            attributes: label.filter { $0.key == "security.selinux" })
    }

    /// What is to be given back from now on; nil when nobody knows.
    private func original(_ look: HostLook, _ hold: Hold, _ old: TakeoverRecord?) throws(HostError) -> TakeoverRecord.Original? {
        switch hold {
        case .none: return try paths.original(look)
        case .original:
            // One that was stopped midway may have lifted the protection, or written the same bytes a moment ago.
            guard case .file(var file) = try paths.original(look), case .file(let then)? = old?.original else { return old?.original }
            file.protection |= then.protection
            file.modified = then.modified
            return .file(file)
        case .ours: return old?.original
        case .unrecorded: return nil
        case .foreign:
            switch look.entry {
            // A manager that came meanwhile is the one to give it back to, whatever its file says this moment.
            case .link(let target) where Ownership(look).owner != .nobody && !target.isEmpty: return try paths.original(look)
            case .file where namesOthers(look), .link where namesOthers(look): return try paths.original(look)
            // Emptied, removed, or naming only us: nobody could work with that.
            case .file, .link, .missing, .other: return old?.original
            }
        }
    }

    private func absorbed(_ look: HostLook, _ hold: Hold, _ old: TakeoverRecord?) -> [UInt8]? {
        hold == .foreign && namesOthers(look) ? look.contents : old?.absorbed
    }

    private func namesOthers(_ look: HostLook) -> Bool {
        look.contents.map { !ResolvConf($0).servers(without: Set(addresses)).isEmpty } ?? false
    }

    /// From where `search` and `options` are kept: the newest that somebody other than we said.
    private func before(_ look: HostLook, _ hold: Hold, _ original: TakeoverRecord.Original) -> ResolvConf {
        switch hold {
        case .none, .original: return ResolvConf(look.contents ?? [])
        case .foreign where look.contents?.isEmpty == false: return ResolvConf(look.contents ?? [])
        case .ours, .foreign, .unrecorded:
            switch original {
            case .missing: return ResolvConf([])
            case .link(let target, _, _): return ResolvConf(Disk.read(paths.place(ofLink: target)) ?? [])
            case .file(let file): return ResolvConf(file.bytes)
            }
        }
    }

    func readRecord() throws(HostError) -> TakeoverRecord? {
        guard Disk.exists(paths.record) else { return nil }
        guard let bytes = Disk.read(paths.record), let record = TakeoverRecord(bytes) else { throw .unreadableRecord(path: paths.record) }
        return record
    }
}

/// One at a time: the daemon and a command may both be at work.
private struct Lock {
    private let fd: Int32

    init(_ paths: HostPaths) throws(HostError) {
        try Disk.makeFolder(paths.keep)
        fd = unsafe open(paths.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard fd >= 0 else { throw .call("open \(paths.lock)", errno: errno) }
        while flock(fd, LOCK_EX) != 0 {
            guard errno == EINTR else {
                close(fd)
                throw .call("lock \(paths.lock)", errno: errno)
            }
        }
    }

    func release() { close(fd) }
}
