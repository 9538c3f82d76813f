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
        try write(changes.map(\.elementChanges)).map { .init(change: changes[$0.index], error: $0.error) }
    }

    /// Writes elements of any set; otherwise as above.
    package mutating func commit(_ changes: [ElementChange]) throws(KernelError) -> [RefusedChange<ElementChange>] {
        try write(changes.map { [$0] }).map { .init(change: changes[$0.index], error: $0.error) }
    }

    /// A unit that was not taken, by its index, and why.
    private typealias Refusal = (index: Int, error: KernelError)

    /// Units are taken or refused as a whole.
    private mutating func write(_ units: [[ElementChange]]) throws(KernelError) -> [Refusal] {
        var refused: [Refusal] = []
        var rest = units[...]
        while !rest.isEmpty {
            try write(rest.prefix(Self.changesPerBatch), &refused)
            rest = rest.dropFirst(Self.changesPerBatch)
        }
        return refused
    }

    /// One bad element takes its whole batch along, so the halves are tried, and theirs: 2·log₂ n batches for one of n.
    private mutating func write(_ units: ArraySlice<[ElementChange]>, _ refused: inout [Refusal]) throws(KernelError) {
        let changes = units.flatMap(\.self)
        let guarding = guarding
        guard
            let trouble = try transact(
                NftBatch(changes[...], mirrored: guarding.holds, renewal: renewal, sequence: socket.nextSequence()))
        else { return }
        guard units.count == 1 else {
            let middle = units.startIndex + units.count / 2
            try write(units[..<middle], &refused)
            try write(units[middle...], &refused)
            return
        }
        // Of what is to go, each part may have gone already.
        if changes.count > 1, changes.allSatisfy({ $0.kind == .remove }) {
            for refusal in try write(changes.map { [$0] }) { refused.append((units.startIndex, refusal.error)) }
            return
        }
        guard let change = changes.first else { return }
        var errno: Int32? = trouble
        if changes.count == 1 {
            if trouble == EBUSY || trouble == EEXIST, change.kind == .add { errno = try replace(change) }
            if trouble == ENOENT, change.kind == .remove, guarding.holds(change.element.set) { errno = try removeSingly(change) }
        }
        if let errno, let error = try refusal(of: changes.first { $0.kind == .add } ?? change, errno) {
            refused.append((units.startIndex, error))
        }
    }

    /// What a refused change amounts to: nothing, one refused element, or a table that is gone.
    private func refusal(of change: ElementChange, _ errno: Int32) throws(KernelError) -> KernelError? {
        switch (errno, change.kind) {
        // Nor is there anything to remove where a full set has no room for it.
        case (ENOENT, .remove), (ENFILE, .remove), (ENOSPC, .remove): return nil
        case (ENOENT, .add): throw .missing("set \(change.element.set.rawValue) of table inet sluice")
        case (ENFILE, _), (ENOSPC, _): return .full("set \(change.element.set.rawValue)")
        case (let errno, _): return .call(Self.operation, errno: errno)
        }
    }

    /// An element of a map that stands there with another verdict.
    private mutating func replace(_ change: ElementChange) throws(KernelError) -> Int32? {
        try transact(NftBatch([.init(.remove, change.element), change], renewal: renewal, sequence: socket.nextSequence()))
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
        socket.advance(to: batch.buffer.lastSequence)
        try socket.send(batch.buffer.bytes, Self.operation)
        switch try socket.verdict(on: batch.first, to: batch.confirmedBy, Self.operation) {
        case 0: return nil
        case nil: throw .call(Self.operation, errno: ENODATA)
        case EPERM: throw .call(Self.operation, errno: EPERM)
        case let errno: return errno
        }
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
                NftBatch.name(.sluice, set, &$0)
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
