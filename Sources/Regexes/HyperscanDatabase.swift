// SPDX-License-Identifier: MIT
import CHyperscan
import Rules

/// The owner of one compiled hyperscan database. It does not change, so that all threads may search in it.
@safe final class HyperscanDatabase: @unchecked Sendable {
    private let pointer: OpaquePointer

    /// Letters match in either case, as in names; each regex is reported once.
    private static let flags = UInt32(HS_FLAG_CASELESS | HS_FLAG_SINGLEMATCH)

    struct Failure: Error {
        let message: String
        /// The source that cannot be compiled, by its place in the list; nil: all together cannot.
        let culprit: Int?
        /// Where in the source, in bytes from 0; nil: not known.
        let offset: Int?

        fileprivate init(_ message: String) {
            self.message = message
            culprit = nil
            offset = nil
        }

        fileprivate init(_ error: UnsafeMutablePointer<hs_compile_error_t>?) {
            let told = unsafe error.flatMap { unsafe $0.pointee.message }.map { unsafe String(cString: $0) } ?? "it cannot be compiled"
            culprit = unsafe error.map { unsafe Int($0.pointee.expression) }.flatMap { $0 < 0 ? nil : $0 }
            unsafe hs_free_compile_error(error)
            let end = told.ranges(of: " at index ").last
            offset = end.flatMap { Int(told[$0.upperBound...].prefix(while: \.isNumber)) }
            let said = end.map { told[..<$0.lowerBound] } ?? told.prefix { _ in true }
            let isEverything = said.hasPrefix("Pattern matches empty")
            message = isEverything ? "it matches every name" : String(said.hasSuffix(".") ? said.dropLast() : said)
        }
    }

    /// - Parameter sources: without NUL characters; what is found is reported by `index`.
    init(_ sources: [(index: Int, source: String)]) throws(Failure) {
        var text: [CChar] = []
        let starts = sources.map { source in
            defer { text.append(contentsOf: source.source.utf8.map { CChar(bitPattern: $0) } + [0]) }
            return text.count
        }
        let flags = Array(repeating: Self.flags, count: sources.count)
        let indices = sources.map { UInt32($0.index) }
        var database: OpaquePointer?
        var error: UnsafeMutablePointer<hs_compile_error_t>?
        let status = unsafe text.withUnsafeBufferPointer { text in
            let expressions = unsafe starts.map { unsafe text.baseAddress?.advanced(by: $0) }
            return unsafe hs_compile_multi(
                expressions, flags, indices, UInt32(sources.count), UInt32(HS_MODE_BLOCK), nil, &database, &error)
        }
        guard status == HS_SUCCESS, let database = unsafe database else { throw unsafe Failure(error) }
        unsafe pointer = unsafe database
    }

    deinit { unsafe hs_free_database(pointer) }

    /// Whether the source can be read; it may still be too large to be compiled.
    static func check(_ source: String) throws(Failure) {
        var info: UnsafeMutablePointer<hs_expr_info_t>?
        var error: UnsafeMutablePointer<hs_compile_error_t>?
        let status = unsafe hs_expression_info(source, flags, &info, &error)
        unsafe free(info)
        guard status == HS_SUCCESS else { throw unsafe Failure(error) }
    }

    /// Appends the indices of what is found in `text`.
    func search(_ text: Span<UInt8>, with scratch: HyperscanScratch, into found: inout [UInt32]) {
        let status = unsafe text.withUnsafeBufferPointer { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) { bytes in
                unsafe withUnsafeMutablePointer(to: &found) { found in
                    unsafe hs_scan(
                        pointer, bytes.baseAddress, UInt32(bytes.count), 0, scratch.pointer,
                        { index, _, _, _, found in
                            unsafe found?.assumingMemoryBound(to: [UInt32].self).pointee.append(index)
                            return 0
                        }, found)
                }
            }
        }
        // Only a mistake of ours can make it fail; a rule that silently does not match would be a leak.
        precondition(status == HS_SUCCESS, "hs_scan: \(status)")
    }

    /// Makes `scratch` large enough for this database too; false when there is no memory.
    fileprivate func prepare(_ scratch: inout OpaquePointer?) -> Bool { unsafe hs_alloc_scratch(pointer, &scratch) == HS_SUCCESS }
}

/// The owner of the memory that one search at a time needs.
@safe final class HyperscanScratch: @unchecked Sendable {
    fileprivate let pointer: OpaquePointer

    /// Large enough for each of these. Errors: there is none of them, or no memory.
    init(for databases: [HyperscanDatabase]) throws(HyperscanDatabase.Failure) {
        var scratch: OpaquePointer?
        let isEnough = databases.allSatisfy { unsafe $0.prepare(&scratch) }
        guard isEnough, let ready = unsafe scratch else {
            unsafe hs_free_scratch(scratch)
            throw HyperscanDatabase.Failure("there is no memory to search for it")
        }
        unsafe pointer = unsafe ready
    }

    deinit { unsafe hs_free_scratch(pointer) }
}
