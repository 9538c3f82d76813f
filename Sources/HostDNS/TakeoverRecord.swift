// SPDX-License-Identifier: MIT

/// What is needed to give /etc/resolv.conf back as it was. Written whole and synced before anything is changed.
package struct TakeoverRecord: Hashable, Sendable {
    package struct Owner: Hashable, Sendable {
        package var user: UInt32
        package var group: UInt32
    }

    /// Extended attributes, SELinux's label among them.
    package typealias Attributes = [String: [UInt8]]

    package struct File: Hashable, Sendable {
        package var bytes: [UInt8]
        /// The twelve permission bits.
        package var mode: UInt32
        package var owner: Owner
        /// Seconds and nanoseconds since 1970.
        package var modified: (seconds: Int64, nanoseconds: Int64)
        /// The inode flags that `chattr +i` and `+a` set; 0: none.
        package var protection: UInt32
        package var attributes: Attributes

        package static func == (left: File, right: File) -> Bool {
            left.bytes == right.bytes && left.mode == right.mode && left.owner == right.owner && left.modified == right.modified
                && left.protection == right.protection && left.attributes == right.attributes
        }
        package func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
    }

    package enum Original: Hashable, Sendable {
        case missing
        case link(to: String, owner: Owner, attributes: Attributes)
        case file(File)
    }

    package var original: Original
    /// The file in its place: ours.
    package var ours: [UInt8]
    /// What another program wrote over ours since, last of all: the network's servers as they are now.
    package var absorbed: [UInt8]?
}

extension TakeoverRecord {
    private static let head = "sluice resolv.conf 1"

    /// Lines of a key and a value; bytes follow their count, so that nothing needs to be escaped. Ends in `end`: a cut one is not read.
    package var text: [UInt8] {
        var out: [UInt8] = []
        func line(_ words: String...) { out += Array((words.joined(separator: " ") + "\n").utf8) }
        func bytes(_ key: String, _ value: [UInt8]) {
            line(key, "\(value.count)")
            out += value + [UInt8(ascii: "\n")]
        }
        func attributes(_ all: Attributes) {
            for (name, value) in all.sorted(by: { $0.key < $1.key }) {
                bytes("attribute", Array(name.utf8))
                bytes("value", value)
            }
        }
        line(Self.head)
        switch original {
        case .missing: line("form missing")
        case .link(let target, let owner, let all):
            line("form link")
            bytes("target", Array(target.utf8))
            line("owner", "\(owner.user)", "\(owner.group)")
            attributes(all)
        case .file(let file):
            line("form file")
            line("mode", String(file.mode, radix: 8))
            line("owner", "\(file.owner.user)", "\(file.owner.group)")
            line("modified", "\(file.modified.seconds)", "\(file.modified.nanoseconds)")
            line("protection", "\(file.protection)")
            attributes(file.attributes)
            bytes("original", file.bytes)
        }
        bytes("ours", ours)
        if let absorbed { bytes("absorbed", absorbed) }
        line("end")
        return out
    }

    /// Nil when it is cut, or of another version.
    package init?(_ text: [UInt8]) {
        var fields = Fields(rest: text[...])
        guard fields.line()?.joined(separator: " ") == Self.head, let form = fields.line(), form.first == "form", form.count == 2 else {
            return nil
        }
        var numbers: [String: [String]] = [:]
        var blobs: [String: [UInt8]] = [:]
        var attributes: Attributes = [:]
        var name: String?
        var ended = false
        while !ended, let line = fields.line(), let key = line.first {
            switch key {
            case "end": ended = true
            case "mode", "owner", "modified", "protection": numbers[key] = Array(line.dropFirst())
            case "target", "original", "ours", "absorbed", "attribute", "value":
                guard line.count == 2, let count = Int(line[1]), let value = fields.bytes(count) else { return nil }
                switch key {
                case "attribute": name = String(decoding: value, as: UTF8.self)
                case "value": if let name { attributes[name] = value }
                default: blobs[key] = value
                }
            default: return nil
            }
        }
        guard ended, let ours = blobs["ours"] else { return nil }
        func owner() -> Owner? {
            guard let words = numbers["owner"], words.count == 2, let user = UInt32(words[0]), let group = UInt32(words[1]) else {
                return nil
            }
            return Owner(user: user, group: group)
        }
        switch form[1] {
        case "missing": original = .missing
        case "link":
            guard let target = blobs["target"], let owner = owner() else { return nil }
            original = .link(to: String(decoding: target, as: UTF8.self), owner: owner, attributes: attributes)
        case "file":
            guard let bytes = blobs["original"], let owner = owner(), let mode = numbers["mode"]?.first.flatMap({ UInt32($0, radix: 8) }),
                let time = numbers["modified"]?.compactMap({ Int64($0) }), time.count == 2, (0..<1_000_000_000).contains(time[1]),
                let protection = numbers["protection"]?.first.flatMap({ UInt32($0) })
            else { return nil }
            original = .file(
                File(
                    bytes: bytes, mode: mode & 0o7777, owner: owner, modified: (time[0], time[1]),
                    protection: protection, attributes: attributes))
        default: return nil
        }
        self.ours = ours
        absorbed = blobs["absorbed"]
    }

    private struct Fields {
        var rest: ArraySlice<UInt8>

        mutating func line() -> [String]? {
            guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
            defer { rest = rest[(end + 1)...] }
            return String(decoding: rest[..<end], as: UTF8.self).split(separator: " ").map(String.init)
        }

        mutating func bytes(_ count: Int) -> [UInt8]? {
            guard count >= 0, count < rest.count, rest[rest.startIndex + count] == UInt8(ascii: "\n") else { return nil }
            defer { rest = rest.dropFirst(count + 1) }
            return Array(rest.prefix(count))
        }
    }
}

extension TakeoverRecord.Original {
    /// For people and JSON: what is given back.
    package var kind: String {
        switch self {
        case .missing: "missing"
        case .link: "link"
        case .file: "file"
        }
    }
}
