// SPDX-License-Identifier: MIT
import CLdns
import Glibc

/// DNS messages built and read by libldns: a codec the daemon has no part in.
///
/// Debian's 1.8.3 aborts on an NSEC3 record of an unknown algorithm, so only a header with record counts of zero and the question behind it ever
/// reach it.
enum DNSMessage {
    /// What a message asks or answers.
    struct Head: Hashable, Sendable {
        let id: UInt16
        let isResponse: Bool
        let rcode: String
        /// Without the last dot, letters as they came.
        let name: String
        let type: String
    }

    /// A query for `name` with recursion desired (RFC 1035 section 4.1), class IN; nil when ldns says that this is no name.
    static func query(name: String, type: QueryType, id: UInt16) -> [UInt8]? {
        var packet: OpaquePointerToPacket?
        let status = unsafe name.withCString { text in
            unsafe ldns_pkt_query_new_frm_str(
                &packet, text, ldns_rr_type(rawValue: UInt32(type.rawValue)), ldns_rr_class(rawValue: 1), UInt16(LDNS_RD))
        }
        guard status == LDNS_STATUS_OK, let packet = unsafe packet else { return nil }
        defer { unsafe ldns_pkt_free(packet) }
        unsafe ldns_pkt_set_id(packet, id)
        var wire: UnsafeMutablePointer<UInt8>?
        var size = 0
        guard unsafe ldns_pkt2wire(&wire, packet, &size) == LDNS_STATUS_OK, let wire = unsafe wire else { return nil }
        defer { unsafe free(wire) }
        return unsafe Array(UnsafeBufferPointer(start: wire, count: size))
    }

    /// Header and question of a message, nil when it has not exactly one question that ldns can read.
    static func head(of message: some Collection<UInt8>) -> Head? {
        // 12 bytes of header, a name of at most 255, type and class.
        var bytes = Array(message.prefix(12 + 255 + 4))
        guard bytes.count > 12, bytes[4] == 0, bytes[5] == 1 else { return nil }
        for index in 6..<12 { bytes[index] = 0 }
        var packet: OpaquePointerToPacket?
        let status = unsafe bytes.withUnsafeBufferPointer { unsafe ldns_wire2pkt(&packet, $0.baseAddress, $0.count) }
        guard status == LDNS_STATUS_OK, let packet = unsafe packet else { return nil }
        defer { unsafe ldns_pkt_free(packet) }
        guard let questions = unsafe ldns_pkt_question(packet), let question = unsafe ldns_rr_list_rr(questions, 0),
            let name = unsafe text(ldns_rdf2str(ldns_rr_owner(question))),
            let type = unsafe text(ldns_rr_type2str(ldns_rr_get_type(question))),
            let rcode = unsafe text(ldns_pkt_rcode2str(ldns_pkt_get_rcode(packet)))
        else { return nil }
        return Head(
            id: unsafe ldns_pkt_id(packet), isResponse: unsafe ldns_pkt_qr(packet) != 0, rcode: rcode,
            name: name.hasSuffix(".") ? String(name.dropLast()) : name, type: type)
    }

    /// Takes over and frees a string that ldns allocated.
    private static func text(_ string: UnsafeMutablePointer<CChar>?) -> String? {
        guard let string = unsafe string else { return nil }
        defer { unsafe free(string) }
        return unsafe String(cString: string)
    }

    private typealias OpaquePointerToPacket = UnsafeMutablePointer<ldns_pkt>
}
