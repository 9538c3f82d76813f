// SPDX-License-Identifier: MIT
import CPsl
import Rules
import Wire

/// Names below which anybody can have a name of their own (publicsuffix.org), as libpsl knows them: a rule for one is for strangers too.
///
/// A list of a million names is asked through a filter made of Debian's copy of the same data: libpsl takes 600 ns for each, the filter 15.
package struct PublicSuffixes: Sendable {
    package enum Section: Hashable, Sendable {
        /// Of a registry: `com`, `co.uk`.
        case registry
        /// Of a company that lets others have names there: `github.io`, `cloudfront.net`.
        case hosting
    }

    private let filter: Filter?

    /// - Parameter file: the data that the filter is made of; without it all is slower, and nothing else changes.
    package init(file: String = "/usr/share/publicsuffix/public_suffix_list.dat") {
        filter = (try? FileBytes(file, limit: 16 << 20)).flatMap { Filter($0.array) }
    }

    /// Nil when `name` is none. Names that no registry has, as `corp` and `lan`, are none; nor are those of reverse zones and `home.arpa`.
    package func section(of name: borrowing Name) -> Section? {
        if let filter, !filter.mayHave(name) { return nil }
        let text = name.description
        guard text != "home.arpa", !text.hasSuffix(".arpa") else { return nil }
        guard let list = unsafe psl_builtin() else { return nil }
        let registry = Int32(PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE)
        let any = Int32(PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE)
        if unsafe psl_is_public_suffix2(list, text, registry) != 0 { return .registry }
        return unsafe psl_is_public_suffix2(list, text, any) != 0 ? .hosting : nil
    }

    /// Hashes of all suffixes: says no of almost every name that is none.
    private struct Filter: Sendable {
        private var table: [UInt64]
        private let mask: Int

        /// Nil when the text is not the list.
        init?(_ text: [UInt8]) {
            var hashes: [UInt64] = []
            for line in text.split(separator: UInt8(ascii: "\n")) {
                guard let first = line.first, first != UInt8(ascii: "/"), first != UInt8(ascii: "!") else { continue }
                // A star is one label, whatever it is: see `mayHave`.
                let word = String(decoding: line.prefix { $0 > 32 }, as: UTF8.self)
                let bare = word.hasPrefix("*.") ? String(word.dropFirst(2)) : word
                guard let ascii = InternationalName.ascii(bare), let name = Name(ascii) else { continue }
                var bytes = name.bytes
                hashes.append(word == bare ? Self.hash(&bytes, from: 0) : ~Self.hash(&bytes, from: 0))
            }
            guard hashes.count > 1000 else { return nil }
            mask = 1 << 15 - 1
            guard hashes.count < mask / 2 else { return nil }
            table = Array(repeating: 0, count: mask + 1)
            for hash in hashes { table[slot(hash)] = hash }
        }

        func mayHave(_ name: borrowing Name) -> Bool {
            guard !name.isRoot else { return false }
            var bytes = name.bytes
            if has(Self.hash(&bytes, from: 0)) { return true }
            let rest = Int(bytes.byte(at: 0)) + 1
            guard rest < bytes.count - 1 else { return false }
            return has(~Self.hash(&bytes, from: rest))
        }

        private func has(_ hash: UInt64) -> Bool { table[slot(hash)] == hash }

        private func slot(_ hash: UInt64) -> Int {
            var slot = Int(truncatingIfNeeded: hash >> 20) & mask
            while table[slot] != 0, table[slot] != hash { slot = (slot + 1) & mask }
            return slot
        }

        /// Eight bytes at a time, as a million names are asked.
        @inline(__always) private static func hash(_ name: inout NameBytes, from offset: Int) -> UInt64 {
            var hash: UInt64 = 0xCBF2_9CE4_8422_2325
            for index in stride(from: offset, to: name.count, by: 8) {
                let product = (hash ^ name.ownWord(at: index)).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
                hash = product.high ^ product.low
            }
            return hash
        }
    }
}
