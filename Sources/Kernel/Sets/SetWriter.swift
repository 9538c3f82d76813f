// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Steering
import Wire

/// Writes elements into the sets of `inet sluice` by a netlink socket of its own, whatever other tables the machine has.
package struct SetWriter: ~Copyable {
    var socket: NetlinkSocket
    /// The second table, where this writer has made it.
    var guarding = Guarding()
    /// How elements that may end are renewed; see `probe`.
    package internal(set) var renewal: Renewal
    private static let operation = "write nftables elements"
    /// A batch of 65,536 IPv6 addresses with timeouts, three times over, is 13 MB.
    private static let largestBatch: Int32 = 32 << 20
    /// More changes go in several batches.
    private static let changesPerBatch = 65_536

    /// - Parameter renewal: the way that every kernel takes, until `probe` has found a better one.
    ///
    /// Errors: no netlink, or no nftables in the kernel.
    package init(renewal: Renewal = .replacing) throws(KernelError) {
        self.renewal = renewal
        socket = try NetlinkSocket(NETLINK_NETFILTER)
        socket.allow(bytes: Self.largestBatch)
    }

    /// Where its commits come from, for `NftMonitor`.
    package var port: UInt32 { socket.port }

    /// Writes learned addresses; when it returns they are in the kernel, but for those it returns.
    ///
    /// Up to 65,536 together in one transaction; of one that the kernel refuses, the halves. An address to remove that is not there counts as
    /// removed.
    /// Errors: `missing` if the table or a set is gone, and whatever concerns the socket.
    package mutating func commit(_ changes: [SetChange]) throws(KernelError) -> [RefusedChange<SetChange>] {
        try commit(changes) { ElementChange($0) }
    }

    /// Writes elements of any set; otherwise as above.
    package mutating func commit(_ changes: [ElementChange]) throws(KernelError) -> [RefusedChange<ElementChange>] {
        try commit(changes) { $0 }
    }

    private mutating func commit<Change>(
        _ changes: [Change], _ element: (Change) -> ElementChange
    ) throws(KernelError) -> [RefusedChange<Change>] {
        var refused: [RefusedChange<Change>] = []
        var rest = changes[...]
        while !rest.isEmpty {
            try commit(rest.prefix(Self.changesPerBatch), element, &refused)
            rest = rest.dropFirst(Self.changesPerBatch)
        }
        return refused
    }

    /// One bad element takes its whole batch along, so the halves are tried, and theirs: 2·log₂ n batches for one of n.
    private mutating func commit<Change>(
        _ changes: ArraySlice<Change>, _ element: (Change) -> ElementChange, _ refused: inout [RefusedChange<Change>]
    ) throws(KernelError) {
        guard let trouble = try transact(changes.map(element)) else { return }
        guard changes.count == 1, let change = changes.first else {
            let middle = changes.startIndex + changes.count / 2
            try commit(changes[..<middle], element, &refused)
            try commit(changes[middle...], element, &refused)
            return
        }
        let one = element(change)
        var errno: Int32? = trouble
        if trouble == ENOENT, one.kind == .remove, guarding.holds(one.element.set) { errno = try removeSingly(one) }
        if let errno { refused += try refusal(of: change, one, errno) }
    }

    /// What a refused change amounts to: nothing, one refused element, or a table that is gone.
    private func refusal<Change>(
        of change: Change, _ element: ElementChange, _ errno: Int32
    ) throws(KernelError) -> [RefusedChange<Change>] {
        switch (errno, element.kind) {
        // Nor is there anything to remove where a full set has no room for it.
        case (ENOENT, .remove), (ENFILE, .remove), (ENOSPC, .remove): return []
        case (ENOENT, .add): throw .missing("set \(element.element.set.rawValue) of table inet sluice")
        case (ENFILE, _), (ENOSPC, _): return [.init(change: change, error: .full("set \(element.element.set.rawValue)"))]
        case (let errno, _): return [.init(change: change, error: .call(Self.operation, errno: errno))]
        }
    }

    /// One batch; the first errno of a refused one.
    private mutating func transact(_ changes: [ElementChange]) throws(KernelError) -> Int32? {
        let guarding = guarding
        return try transact(NftBatch(changes, mirrored: guarding.holds, renewal: renewal, sequence: socket.nextSequence()))
    }

    /// What is to go from both tables may have been in one only.
    private mutating func removeSingly(_ change: ElementChange) throws(KernelError) -> Int32? {
        for table in [NftTable.guarding, .sluice] {
            var batch = NftBatch(sequence: socket.nextSequence())
            batch.append([change], to: table)
            batch.finish()
            if let trouble = try transact(batch), trouble != ENOENT { return trouble }
        }
        return nil
    }

    mutating func transact(_ batch: NftBatch) throws(KernelError) -> Int32? {
        try socket.send(batch.buffer.bytes, Self.operation)
        var confirmed = false
        var failure: Int32?
        while let messages = try socket.receive(Self.operation) {
            for message in messages {
                guard let code = message.errno else { continue }
                if code != 0, failure == nil { failure = code }
                confirmed = confirmed || message.sequence == batch.confirmedBy
            }
        }
        socket.advance(to: batch.buffer.lastSequence)
        if failure == EPERM || (failure == nil && !confirmed) { throw .call(Self.operation, errno: failure ?? ENODATA) }
        return failure
    }

    /// The addresses that stand in a set of addresses, as a former run left them; in no order.
    ///
    /// A set that grows just then is listed with gaps (seen on 6.18: 2,000 of 65,000 missing): it is listed again until nothing new is seen.
    /// Errors: `missing` if the set is gone.
    package mutating func elements(of set: SetName) throws(KernelError) -> [IPAddress] {
        var seen: Set<IPAddress> = []
        var former = -1
        for _ in 0..<16 where seen.count != former {
            former = seen.count
            seen.formUnion(try list(set))
        }
        return Array(seen)
    }

    private mutating func list(_ set: SetName) throws(KernelError) -> [IPAddress] {
        let messages: [NetlinkMessage]
        do {
            messages = try socket.dump(NftBatch.getElement, header: NftBatch.header, "read nftables elements") {
                NftBatch.body(&$0, .sluice, set, nil)
            }
        } catch .call(_, errno: ENOENT) {
            throw .missing("set \(set.rawValue) of table inet sluice")
        }
        return messages.filter { $0.type == NftBatch.newElement }.flatMap(NftBatch.keys).compactMap { IPAddress(bytes: $0) }
    }

    /// Takes every element out of a set. Errors: `missing` if the set is gone.
    package mutating func flush(_ set: SetName) throws(KernelError) {
        var batch = NftBatch(sequence: socket.nextSequence())
        batch.flush(set, of: .sluice)
        if guarding.holds(set) { batch.flush(set, of: .guarding) }
        batch.finish()
        switch try transact(batch) {
        case nil: return
        case ENOENT: throw .missing("set \(set.rawValue) of table inet sluice")
        case let errno?: throw .call("flush a set", errno: errno)
        }
    }
}
