// SPDX-License-Identifier: MIT
import CLdns

/// What libldns reads in a message: a second opinion on what ours wrote.
struct LdnsOpinion {
    let id: UInt16
    /// With the upper bits that EDNS carries.
    let code: Int
    let isResponse, isTruncated, recursionDesired, recursionAvailable, authenticData, checkingDisabled: Bool
    /// The first question's name as it stands on the wire, its case included.
    let questionName: [UInt8]
    let questionType: UInt16
    let questions, answers, authorities, additionals: Int
    let hasEDNS: Bool
    let payloadSize: Int
    /// The TTLs of the answer section.
    let ttls: [UInt32]

    /// Nil when ldns does not take it for a message. Never feed it NSEC3: 1.8.3 aborts on some.
    init?(_ message: [UInt8]) {
        var made: OpaquePacket?
        let status = unsafe message.withUnsafeBufferPointer { unsafe ldns_wire2pkt(&made, $0.baseAddress, $0.count) }
        guard status == LDNS_STATUS_OK, let packet = unsafe made else { return nil }
        defer { unsafe ldns_pkt_free(packet) }
        id = unsafe ldns_pkt_id(packet)
        hasEDNS = unsafe ldns_pkt_edns(packet) != 0
        code = unsafe Int(ldns_pkt_get_rcode(packet).rawValue) | Int(ldns_pkt_edns_extended_rcode(packet)) << 4
        isResponse = unsafe ldns_pkt_qr(packet) != 0
        isTruncated = unsafe ldns_pkt_tc(packet) != 0
        recursionDesired = unsafe ldns_pkt_rd(packet) != 0
        recursionAvailable = unsafe ldns_pkt_ra(packet) != 0
        authenticData = unsafe ldns_pkt_ad(packet) != 0
        checkingDisabled = unsafe ldns_pkt_cd(packet) != 0
        payloadSize = unsafe Int(ldns_pkt_edns_udp_size(packet))
        questions = unsafe ldns_rr_list_rr_count(ldns_pkt_question(packet))
        answers = unsafe ldns_rr_list_rr_count(ldns_pkt_answer(packet))
        authorities = unsafe ldns_rr_list_rr_count(ldns_pkt_authority(packet))
        additionals = unsafe ldns_rr_list_rr_count(ldns_pkt_additional(packet))
        if questions > 0, let record = unsafe ldns_rr_list_rr(ldns_pkt_question(packet), 0), let owner = unsafe ldns_rr_owner(record) {
            let start = unsafe ldns_rdf_data(owner)
            questionName = unsafe (0..<ldns_rdf_size(owner)).map { unsafe start?[$0] ?? 0 }
            questionType = unsafe UInt16(truncatingIfNeeded: ldns_rr_get_type(record).rawValue)
        } else {
            questionName = []
            questionType = 0
        }
        ttls = (0..<answers).map { unsafe ldns_rr_ttl(ldns_rr_list_rr(ldns_pkt_answer(packet), $0)) }
    }

    private typealias OpaquePacket = UnsafeMutablePointer<ldns_pkt>
}
