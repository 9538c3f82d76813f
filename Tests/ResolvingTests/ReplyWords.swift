// SPDX-License-Identifier: MIT
import Wire

/// A message in the words of a scenario.
struct ReplyWords {
    private var id: UInt16 = 0
    private(set) var flags: Header.Flags = []
    private var rawQuestion: [UInt8] = []
    private(set) var question = ""
    private var records: [String] = []
    /// Types of the authority section, but for the SOA of a "no".
    private var authorities: [String] = []
    private var ttls: [UInt32] = []
    private(set) var edns: EDNS?
    var cookie: [UInt8] { edns?.cookie ?? [] }
    private var isWhole = false

    init(_ bytes: [UInt8]) {
        do {
            try read(bytes)
            isWhole = true
        } catch {
            records = ["malformed: \(error)"]
        }
    }

    private mutating func read(_ bytes: [UInt8]) throws(WireError) {
        var reader = MessageReader(bytes.span)
        let header = try reader.header()
        (id, flags) = (header.id, header.flags)
        let asked = try reader.question()
        rawQuestion = Array(bytes[Header.size..<reader.offset])
        question = "\(asked.name) \(asked.type)"
        for _ in 0..<header.answers {
            let record = try reader.record()
            ttls.append(record.ttl)
            records.append(try text(record, bytes))
        }
        for _ in 0..<header.authorities {
            let record = try reader.record()
            ttls.append(record.ttl)
            if record.type != .soa || header.answers > 0 && flags.responseCode == .noError { authorities.append("\(record.type)") }
        }
        for _ in 0..<header.additionals {
            let record = try reader.record()
            if record.type == .opt { edns = try EDNS(record, in: bytes.span) }
        }
    }

    private func text(_ record: ResourceRecord, _ bytes: [UInt8]) throws(WireError) -> String {
        var reader = MessageReader(bytes.span, at: record.data.lowerBound)
        switch record.type {
        case .a, .aaaa: return record.address(in: bytes.span).map { "\($0)" } ?? "malformed"
        case .cname, .ptr: return "\(record.type == .ptr ? "ptr" : "cname") \(try reader.name())"
        case .https, .svcb:
            guard let binding = ServiceBinding(record, in: bytes.span) else { return "unreadable" }
            let target = binding.target.isRoot ? [] : ["\(binding.priority == 0 ? "alias" : "service") \(binding.target)"]
            let words = target + binding.hints(in: bytes.span).map { "hint \($0)" }
            return words.isEmpty ? "service" : words.joined(separator: " ")
        default: return "\(record.type)"
        }
    }

    func fits(_ query: Query) -> Bool {
        isWhole && id == query.id && flags.contains(.response) && rawQuestion == query.rawQuestion && (edns == nil) == (query.edns == nil)
    }

    var isQuestion: Bool { isWhole && !flags.contains(.response) && flags.contains(.recursionDesired) }
    var reason: String { edns?.error?.text ?? "" }

    /// The ways a scenario may say this reply: with or without the client's name and the TTLs, the fullest one last.
    func forms(_ label: String) -> [String] {
        let code = ResponseCode(rawValue: flags.responseCode.rawValue | UInt16(edns?.extendedCode ?? 0) << 4)
        let error = edns?.error?.code
        var content: String
        switch code {
        case .noError: content = flags.contains(.truncated) ? "tc" : records.isEmpty ? "nodata" : shortened
        case .nameError: content = (["nxdomain"] + records).joined(separator: " ")
        default: content = "\(code)".lowercased()
        }
        if !authorities.isEmpty { content += " authority " + authorities.joined(separator: " ") }
        if flags.contains(.authenticData) { content += " ad" }
        let ttl = ttls.isEmpty ? "" : " ttl " + Set(ttls).sorted().map(String.init).joined(separator: ",")
        let ede = error.map { " ede \($0)" } ?? ""
        let short: [String] =
            switch (code, error) {
            case (.serverFailure, let error?): ["refuse \(label) \(error)", "refuse \(error)"]
            case (.nameError, 15): ["block \(label)", "block"]
            default: []
            }
        return short + ["", " " + label].flatMap { ["reply\($0) \(content)\(ede)", "reply\($0) \(content)\(ttl)\(ede)"] }
    }

    private var shortened: String { records.count > 8 ? "many \(records.count)" : records.joined(separator: " ") }
}
