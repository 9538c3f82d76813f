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
    private static let operation = "write nftables elements"
    /// A batch of 65,536 IPv6 addresses with timeouts, three times over, is 13 MB.
    private static let largestBatch: Int32 = 32 << 20

    /// Errors: no netlink, or no nftables in the kernel.
    package init() throws(KernelError) {
        socket = try NetlinkSocket(NETLINK_NETFILTER)
        socket.allow(bytes: Self.largestBatch)
    }

    /// Where its commits come from, for `NftMonitor`.
    package var port: UInt32 { socket.port }

    /// Writes learned addresses; when it returns they are in the kernel, but for those it returns.
    ///
    /// All together in one transaction; if the kernel refuses that, one by one. An address to remove that is not there counts as removed.
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
        guard !changes.isEmpty else { return [] }
        guard let trouble = try transact(changes.map(element)) else { return [] }
        if changes.count == 1, !guarding.holds(element(changes[0]).element.set) {
            return try refusal(of: changes[0], element(changes[0]), trouble)
        }
        var refused: [RefusedChange<Change>] = []
        for change in changes {
            guard let trouble = try transactSingly(element(change)) else { continue }
            refused += try refusal(of: change, element(change), trouble)
        }
        return refused
    }

    /// What a refused change amounts to: nothing, one refused element, or a table that is gone.
    private func refusal<Change>(
        of change: Change, _ element: ElementChange, _ errno: Int32
    ) throws(KernelError) -> [RefusedChange<Change>] {
        switch (errno, element.kind) {
        case (ENOENT, .remove): return []
        case (ENOENT, .add): throw .missing("set \(element.element.set.rawValue) of table inet sluice")
        case (ENFILE, _), (ENOSPC, _): return [.init(change: change, error: .full("set \(element.element.set.rawValue)"))]
        case (let errno, _): return [.init(change: change, error: .call(Self.operation, errno: errno))]
        }
    }

    /// One batch; the first errno of a refused one.
    private mutating func transact(_ changes: [ElementChange]) throws(KernelError) -> Int32? {
        let guarding = guarding
        return try transact(NftBatch(changes, mirrored: guarding.holds, sequence: socket.nextSequence()))
    }

    /// One change, in both tables or in none; but what is to go from both may have been in one only.
    private mutating func transactSingly(_ change: ElementChange) throws(KernelError) -> Int32? {
        let trouble = try transact([change])
        guard trouble == ENOENT, change.kind == .remove, guarding.holds(change.element.set) else { return trouble }
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

    /// Whether the set holds the element now; a set that is not there holds nothing.
    package mutating func contains(_ element: SetElement) throws(KernelError) -> Bool {
        let operation = "look up an nftables element"
        var request = NetlinkBuffer()
        request.message(NftBatch.getElement, flags: 0, sequence: socket.nextSequence(), header: NftBatch.header) {
            NftBatch.body(&$0, .sluice, element.set, [element])
        }
        try socket.send(request.bytes, operation)
        var found: Bool?
        while let messages = try socket.receive(operation) {
            for message in messages where message.sequence == request.lastSequence {
                switch message.errno {
                case nil where message.type == NftBatch.newElement: found = true
                case ENOENT: found = false
                case let code?: throw .call(operation, errno: code)
                case nil: break
                }
            }
        }
        guard let found else { throw .unreadable(operation) }
        return found
    }

    /// The addresses that stand in a set of addresses, as a former run left them; in no order.
    ///
    /// Errors: `missing` if the set is gone.
    package mutating func elements(of set: SetName) throws(KernelError) -> [IPAddress] {
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

    /// Whether the table is there: another program's `nft flush ruleset` takes it along.
    package mutating func isTablePresent() throws(KernelError) -> Bool {
        let operation = "look for table inet sluice"
        var request = NetlinkBuffer()
        request.message(NftBatch.getTable, flags: 0, sequence: socket.nextSequence(), header: NftBatch.header) {
            $0.attribute(1, text: NftTable.sluice.rawValue)  // NFTA_TABLE_NAME
        }
        try socket.send(request.bytes, operation)
        var found: Bool?
        while let messages = try socket.receive(operation) {
            for message in messages where message.sequence == request.lastSequence {
                switch message.errno {
                case nil where message.type == NftBatch.newTable: found = true
                case ENOENT: found = false
                case let code?: throw .call(operation, errno: code)
                case nil: break
                }
            }
        }
        guard let found else { throw .unreadable(operation) }
        return found
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
