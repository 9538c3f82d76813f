// SPDX-License-Identifier: MIT
import CNftables
import Wire

/// The owner of one libnftables context. For whole tables only: for elements it is slow, and very slow beside big foreign sets.
@safe package struct Nftables: ~Copyable {
    private let context: OpaquePointer

    /// Errors: no memory, or no nftables in the kernel.
    package init() throws(KernelError) {
        guard let context = unsafe nft_ctx_new(UInt32(NFT_CTX_DEFAULT)) else { throw .ruleset("no context") }
        guard unsafe nft_ctx_buffer_output(context) == 0, unsafe nft_ctx_buffer_error(context) == 0 else {
            unsafe nft_ctx_free(context)
            throw .ruleset("no buffers")
        }
        unsafe self.context = context
    }

    deinit { unsafe nft_ctx_free(context) }

    /// Builds the table `inet sluice`, in place of the one that may be there, with these elements. One transaction.
    ///
    /// The kernel keeps the old table when it refuses the new one.
    package func load(_ plan: RulesetPlan, elements: [SetElement] = []) throws(KernelError) {
        try load(plan.replacement(with: elements))
    }

    /// Runs any text that `nft -f` takes, as one transaction.
    package func load(_ text: String) throws(KernelError) { _ = try run(text) }

    /// The table as `nft list table inet sluice` shows it; nil when it is not there.
    package func list() throws(KernelError) -> String? {
        guard try run("list tables").contains("table inet sluice\n") else { return nil }
        return try run("list table inet sluice")
    }

    /// Takes the table away, if it is there.
    package func remove() throws(KernelError) { try load("table inet sluice {\n}\ndelete table inet sluice\n") }

    /// Every table of the machine, without counters, priorities as numbers, and of named sets no elements: those may be very many. Reads only.
    ///
    /// Errors: `ruleset` where this user may not look.
    package func wholeRuleset() throws(KernelError) -> String {
        let flags = NFT_CTX_OUTPUT_STATELESS | NFT_CTX_OUTPUT_TERSE | NFT_CTX_OUTPUT_NUMERIC_PRIO
        unsafe nft_ctx_output_set_flags(context, UInt32(flags))
        return try run("list ruleset")
    }

    private func run(_ text: String) throws(KernelError) -> String {
        let status = unsafe nft_run_cmd_from_buffer(context, text)
        let output = unsafe nft_ctx_get_output_buffer(context).map { unsafe String(cString: $0) } ?? ""
        let error = unsafe nft_ctx_get_error_buffer(context).map { unsafe String(cString: $0) } ?? ""
        guard status == 0 else { throw .ruleset(error) }
        return output
    }
}
