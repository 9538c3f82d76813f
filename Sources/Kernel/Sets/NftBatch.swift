// SPDX-License-Identifier: MIT

/// A table of ours, of the family inet. The raw value is its name in the kernel.
enum NftTable: String, Hashable, Sendable {
    case sluice
    case guarding = "sluice_guard"
}

/// The bytes of one nfnetlink batch: all of it is applied, within the send call, or nothing.
///
/// The numbers are those of <linux/netfilter/nfnetlink.h> and nf_tables.h; Fixtures/ruleset/batch.hex explains each byte.
struct NftBatch: Sendable {
    private(set) var buffer = NetlinkBuffer()
    private var sequence: UInt32
    /// The sequence number of the batch's beginning.
    let first: UInt32

    static let newTable: UInt16 = 0x0A00
    static let getTable: UInt16 = 0x0A01
    static let deleteTable: UInt16 = 0x0A02
    static let newElement: UInt16 = 0x0A0C
    static let getElement: UInt16 = 0x0A0D
    static let deleteElement: UInt16 = 0x0A0E
    private static let begin: UInt16 = 0x0010
    private static let end: UInt16 = 0x0011
    /// nfgenmsg: NFPROTO_INET, version 0, no resource.
    static let header: [UInt8] = [1, 0, 0, 0]
    /// nfgenmsg of the batch itself: no family, version 0, NFNL_SUBSYS_NFTABLES in network order.
    private static let batchHeader: [UInt8] = [0, 0, 0, 10]
    /// So many elements of the widest key fit into one list, whose length has 16 bits.
    static let elementsPerMessage = 1024

    /// Numbers its messages from `sequence` on.
    init(renewal: Renewal = .replacing, sequence: UInt32) {
        self.renewal = renewal
        self.sequence = sequence
        first = sequence
        buffer.message(Self.begin, flags: 0, sequence: sequence, header: Self.batchHeader)
    }

    /// How an element that is there gets another end.
    private let renewal: Renewal

    /// Changes of `inet sluice`; those of `mirrored` in the guard's table too.
    init(
        _ changes: ArraySlice<ElementChange>, mirrored: (SetName) -> Bool = { _ in false }, renewal: Renewal = .replacing,
        sequence: UInt32
    ) {
        self.init(renewal: renewal, sequence: sequence)
        append(changes, to: .sluice)
        append(changes.filter { mirrored($0.element.set) }[...], to: .guarding)
        finish()
    }

    /// Neighbours that go into one set in one way share a message; the order is kept.
    mutating func append(_ changes: ArraySlice<ElementChange>, to table: NftTable) {
        var rest = changes
        while let first = rest.first {
            let run = rest.prefix(Self.elementsPerMessage).prefix {
                $0.kind == first.kind && $0.element.set == first.element.set
                    && ($0.element.seconds == nil) == (first.element.seconds == nil)
            }
            rest = rest.dropFirst(run.count)
            switch first.kind {
            case .remove:
                // The kernel forgets some by itself, a moment before us perhaps: what is added first can always be taken out.
                if first.element.set.forgives { message(Self.newElement, NetlinkFlag.create, table, first.element.set, run) }
                message(Self.deleteElement, 0, table, first.element.set, run)
            case .add:
                message(Self.newElement, NetlinkFlag.create, table, first.element.set, run)
                // An element that is there keeps its old end when it is added again; so it is taken out and put in anew.
                guard first.element.seconds != nil, renewal == .replacing else { continue }
                message(Self.deleteElement, 0, table, first.element.set, run)
                message(Self.newElement, NetlinkFlag.create, table, first.element.set, run)
            }
        }
    }

    /// Takes every element out of a set.
    mutating func flush(_ set: SetName, of table: NftTable) { append(Self.deleteElement, flags: 0) { Self.name(table, set, &$0) } }

    /// Any other message of nf_tables; `type` with or without the subsystem's number.
    mutating func append(_ type: UInt16, flags: UInt16, _ body: (inout NetlinkBuffer) -> Void) {
        sequence &+= 1
        buffer.message(type | 0x0A00, flags: flags, sequence: sequence, header: Self.header, body)
    }

    /// The last message of the list asks for the acknowledgement; the batch's end says nothing.
    mutating func finish() {
        buffer.askForAcknowledgement()
        let last = buffer.lastSequence
        sequence &+= 1
        buffer.message(Self.end, flags: 0, sequence: sequence, header: Self.batchHeader)
        confirmedBy = last
    }

    /// The sequence number whose acknowledgement confirms the batch.
    private(set) var confirmedBy: UInt32 = 0

    private mutating func message(_ type: UInt16, _ flags: UInt16, _ table: NftTable, _ set: SetName, _ changes: ArraySlice<ElementChange>)
    {
        let expires = renewal == .inPlace
        append(type, flags: flags) {
            Self.name(table, set, &$0)
            Self.list(changes.lazy.map(\.element), expires: expires, &$0)
        }
    }

    static func name(_ table: NftTable, _ set: SetName, _ buffer: inout NetlinkBuffer) {
        buffer.attribute(1, text: table.rawValue)  // NFTA_SET_ELEM_LIST_TABLE
        buffer.attribute(2, text: set.rawValue)  // NFTA_SET_ELEM_LIST_SET
    }

    /// - Parameter expires: whether the end is said too, which a kernel that renews in place takes over; without it, it keeps the old one.
    static func list(_ elements: some Sequence<SetElement>, expires: Bool = false, _ buffer: inout NetlinkBuffer) {
        buffer.nest(3) { list in  // NFTA_SET_ELEM_LIST_ELEMENTS
            for element in elements {
                list.nest(1) { item in  // NFTA_LIST_ELEM
                    item.nest(1) { $0.attribute(1, element.key) }  // NFTA_SET_ELEM_KEY, NFTA_DATA_VALUE
                    if let chain = element.chain {
                        item.nest(2) { data in  // NFTA_SET_ELEM_DATA
                            data.nest(2) {  // NFTA_DATA_VERDICT
                                $0.attribute(1, native: UInt32(bitPattern: -4).bigEndian)  // NFTA_VERDICT_CODE, NFT_GOTO
                                $0.attribute(2, text: chain)  // NFTA_VERDICT_CHAIN
                            }
                        }
                    }
                    if let seconds = element.seconds {
                        let time = (UInt64(seconds) * 1000).bigEndianBytes
                        item.attribute(4, time)  // NFTA_SET_ELEM_TIMEOUT, in milliseconds
                        if expires { item.attribute(5, time) }  // NFTA_SET_ELEM_EXPIRATION
                    }
                }
            }
        }
    }
}

extension NftBatch {
    /// The keys that one message of a listing holds.
    static func keys(in message: NetlinkMessage) -> [[UInt8]] {
        message.attributes(skipping: 4)[3 as UInt16]?.attributes.compactMap {  // NFTA_SET_ELEM_LIST_ELEMENTS
            $0.attributes[1 as UInt16]?.attributes[1 as UInt16]?.value  // NFTA_SET_ELEM_KEY, NFTA_DATA_VALUE
        } ?? []
    }

    /// Milliseconds until the first element of a listing ends; nil: never, or there is none.
    static func timeLeft(in message: NetlinkMessage) -> UInt64? {
        let item = message.attributes(skipping: 4)[3 as UInt16]?.attributes.first  // NFTA_SET_ELEM_LIST_ELEMENTS
        guard let time = item?.attributes[5 as UInt16]?.value, time.count == 8 else { return nil }  // NFTA_SET_ELEM_EXPIRATION
        return time.reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// How the end of an element that is there is moved.
package enum Renewal: Hashable, Sendable {
    /// Added again with timeout and expiration: Linux 6.12 and later.
    case inPlace
    /// Added, taken out and added anew in one batch, so that it is missing at no time: any kernel.
    case replacing
}

extension UInt64 {
    fileprivate var bigEndianBytes: [UInt8] { stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: self >> $0) } }
}
