// SPDX-License-Identifier: MIT
import Glibc

extension SetWriter {
    /// Makes the table `inet sluice_guard`, or puts another in place of the one this writer made: no packet sees neither.
    ///
    /// From then on, and as long as `plan.mirrors` says so, each commit of `tunnel` addresses writes both tables or none. The table ends with
    /// this writer. Replacing the first table does not touch it: raise it again with the addresses of that time.
    ///
    /// Errors: EEXIST when another process holds a table of that name, EOPNOTSUPP or EINVAL before Linux 5.12. What stood then stands.
    package mutating func raiseGuard(_ plan: GuardPlan) throws(KernelError) {
        var errno = try transactGuard(plan, replacing: guarding.isUp)
        // Only its owner can have taken it away, and we know of that; but what is not there need not be replaced.
        if errno == ENOENT, guarding.isUp { errno = try transactGuard(plan, replacing: false) }
        if let errno { throw .call("raise the guard", errno: errno) }
        guarding = Guarding(isUp: true, mirrors: plan.mirrors)
    }

    /// Takes the table away, if it is there.
    package mutating func lowerGuard() throws(KernelError) {
        guard guarding.isUp else { return }
        var batch = NftBatch(sequence: socket.nextSequence())
        batch.append(NftBatch.deleteTable, flags: 0) { $0.attribute(1, text: NftTable.guarding.rawValue) }  // NFTA_TABLE_NAME
        batch.finish()
        if let errno = try transact(batch), errno != ENOENT { throw .call("lower the guard", errno: errno) }
        guarding = Guarding()
    }

    private mutating func transactGuard(_ plan: GuardPlan, replacing: Bool) throws(KernelError) -> Int32? {
        var batch = NftBatch(sequence: socket.nextSequence())
        plan.write(to: &batch, replacing: replacing)
        batch.finish()
        return try transact(batch)
    }
}

/// What a `SetWriter` knows of the guard it made.
struct Guarding: Hashable, Sendable {
    var isUp = false
    var mirrors = false

    func holds(_ set: SetName) -> Bool { isUp && mirrors && GuardPlan.holds(set) }
}
