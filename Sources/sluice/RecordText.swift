// SPDX-License-Identifier: MIT
import CLdns
import Glibc
import Wire

/// A record as people write it; its text is libldns's.
struct RecordText: Encodable {
    let name: String
    let type: String
    let ttl: UInt32
    let data: String

    init(_ record: ResourceRecord, in message: [UInt8]) {
        name = "\(record.owner)"
        type = "\(record.type)"
        ttl = record.ttl
        data = Self.text(record, message) ?? Self.generic(message[record.data])
    }

    /// libldns 1.8.3 aborts on an NSEC3 record with an algorithm it does not know.
    private static let abortive = RecordType(rawValue: 50)

    private static func text(_ record: ResourceRecord, _ message: [UInt8]) -> String? {
        guard record.type != abortive else { return nil }
        return unsafe message.withUnsafeBufferPointer { bytes in
            var parsed: UnsafeMutablePointer<ldns_rr>?
            var position = record.range.lowerBound
            guard unsafe ldns_wire2rr(&parsed, bytes.baseAddress, bytes.count, &position, LDNS_SECTION_ANSWER) == LDNS_STATUS_OK,
                let rr = unsafe parsed
            else { return nil }
            defer { unsafe ldns_rr_free(rr) }
            var fields: [String] = []
            for index in 0..<(unsafe ldns_rr_rd_count(rr)) {
                guard let text = unsafe ldns_rdf2str(ldns_rr_rdf(rr, index)) else { return nil }
                defer { unsafe free(text) }
                fields.append(unsafe String(cString: text))
            }
            return fields.joined(separator: " ")
        }
    }

    /// RFC 3597 section 5.
    private static func generic(_ data: ArraySlice<UInt8>) -> String {
        let hex = data.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
        return "\\# \(data.count)" + (hex.isEmpty ? "" : " " + hex)
    }
}
