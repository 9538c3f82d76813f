// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Steering
import Wire

extension SetWriter {
    /// Whether the set holds the element now; a set that is not there holds nothing.
    package mutating func contains(_ element: SetElement) throws(KernelError) -> Bool { try find(element) != nil }

    /// Milliseconds until the kernel forgets an element; nil: it is not there, or stays for ever.
    package mutating func timeLeft(of element: SetElement) throws(KernelError) -> UInt64? { try find(element).flatMap(NftBatch.timeLeft) }

    private mutating func find(_ element: SetElement) throws(KernelError) -> NetlinkMessage? {
        try look(NftBatch.getElement, for: NftBatch.newElement, "look up an nftables element") {
            NftBatch.name(.sluice, element.set, &$0)
            NftBatch.list([element], &$0)
        }
    }

    /// Whether the table is there: another program's `nft flush ruleset` takes it along.
    package mutating func isTablePresent() throws(KernelError) -> Bool {
        try look(NftBatch.getTable, for: NftBatch.newTable, "look for table inet sluice") {
            $0.attribute(1, text: NftTable.sluice.rawValue)  // NFTA_TABLE_NAME
        } != nil
    }

    /// The answer to one question; nil when there is no such thing.
    private mutating func look(
        _ request: UInt16, for answer: UInt16, _ operation: String, _ body: (inout NetlinkBuffer) -> Void
    ) throws(KernelError) -> NetlinkMessage? {
        var question = NetlinkBuffer()
        question.message(request, flags: 0, sequence: socket.nextSequence(), header: NftBatch.header, body)
        try socket.send(question.bytes, operation)
        var found: NetlinkMessage??
        while let messages = try socket.receive(operation) {
            for message in messages where message.sequence == question.lastSequence {
                switch message.errno {
                case nil where message.type == answer: found = .some(message)
                case ENOENT: found = .some(nil)
                case let code?: throw .call(operation, errno: code)
                case nil: break
                }
            }
        }
        guard let found else { throw .unreadable(operation) }
        return found
    }

    /// Finds out on the real set how this kernel renews elements, and does so from then on: by trying, since kernels are patched and their
    /// numbers tell little. An address for examples (RFC 5737) stands in the set of `direct` for as long as that takes, some 50 µs.
    ///
    /// Errors: `missing` if the set is gone. The way in use stays.
    @discardableResult
    package mutating func probe() throws(KernelError) -> Renewal {
        func element(_ last: UInt32, _ seconds: UInt32) -> SetElement { .learned(.direct, .v4(0xC000_0200 | last), seconds: seconds) }
        // One that nobody owns.
        guard let last = try freeExample(element) else { return renewal }
        let former = renewal
        renewal = .inPlace
        var left: UInt64 = 0
        do {
            defer { renewal = former }
            for seconds in [5, 300] as [UInt32] where try !commit([ElementChange(.add, element(last, seconds))]).isEmpty { return former }
            left = try timeLeft(of: element(last, 300)) ?? 0
            _ = try commit([ElementChange(.remove, element(last, 300))])
        }
        renewal = left > 10_000 ? .inPlace : .replacing
        return renewal
    }

    private mutating func freeExample(_ element: (UInt32, UInt32) -> SetElement) throws(KernelError) -> UInt32? {
        for last in stride(from: 254 as UInt32, to: 0, by: -1) where try !contains(element(last, 5)) { return last }
        return nil
    }
}
