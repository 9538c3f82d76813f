// SPDX-License-Identifier: MIT
import Resolving
import Wire
import Workbench

extension ScenarioRun {
    /// A packet that comes on the socket of a question.
    mutating func packet(_ kind: String, _ words: inout Words) throws(ScenarioFailure) {
        let asked = try recipient(&words)
        var reader = MessageReader(asked.bytes.span)
        guard let header = try? reader.header(), let question = try? reader.question() else {
            throw words.failure("what was asked is no question")
        }
        var message = Message(question.name, question.type)
        message.id = header.id
        // The client's part of a cookie comes back, with a server's of its own behind it.
        let cookie =
            ReplyWords(asked.bytes).cookie.prefix(8)
            + (kind == "badcookie" || kind != "foreign" && words.take("cookie") ? Array("sluicing".utf8) : [])
        if words.take("ad") { message.flags |= 0x20 }
        message.additionals = words.take("noedns") ? [] : [.opt(options: cookie.count > 8 ? [0, 10, 0, UInt8(cookie.count)] + cookie : [])]
        var spelled = true
        switch kind {
        case "answer":
            let all = words.takeAll()
            let parts = all.split(separator: "authority", maxSplits: 1)
            message.answers = try records(of: question, words.line, parts.first ?? [])
            if parts.count > 1 { message.authorities = try records(of: question, words.line, parts[1]) }
        case "nodata", "nxdomain":
            if kind == "nxdomain" { message.flags |= 3 }
            if words.take("cname") { message.answers = [.cname(question.name, try words.next("name") { Name($0) })] }
            if words.take("soa") {
                let seconds = try words.next("number") { UInt32($0) }
                let owner = words.take("of") ? try words.next("name") { Name($0) } : question.name.parent
                message.authorities = [.soa(owner, ttl: seconds, minimum: seconds)]
            }
        case "servfail":
            message.flags |= 2
            if words.take("ede") {
                let code = try words.next("number") { UInt8($0) }
                message.additionals = [.opt(options: [0, 15, 0, 2, 0, code])]
            }
        case "refused": message.flags |= 5
        case "notimp":
            message.flags |= 4
            message.additionals = []
        case "badvers": message.additionals = [.opt(code: 1)]
        case "formerr":
            message.flags |= 1
            message.additionals = []
            if words.take("bare") { message.questions = [] }
        case "badcookie":
            message.flags |= 7
            message.additionals = [.opt(code: 1, options: [0, 10, 0, UInt8(cookie.count)] + cookie)]
        case "tc": message.flags |= 0x0200
        default:
            message.answers = [.address(question.name, .of("198.51.100.66"))]
            switch try words.next() {
            case "id": message.id = header.id ^ 1
            case "question": message.questions = [Question(name: .of("other.example"), type: question.type)]
            case "noise": message.flags = 0
            case "spelling": spelled = false
            case "cookie": message.additionals = [.opt(options: [0, 10, 0, 16] + Array("whoever whatever".utf8))]
            case "other":
                // What answers another question, on this one's socket.
                let other = try recipient(&words).bytes
                message.id = UInt16(other[0]) << 8 | UInt16(other[1])
                var reader = MessageReader(other.span, at: Header.size)
                if let question = try? reader.question() { message.questions = [question] }
            default: throw words.failure("foreign id, question, noise, spelling, cookie or other")
            }
        }
        var bytes = message.bytes
        if message.questions == [question] {
            // As it was spelled, or with every letter the other way round.
            for index in Header.size..<Header.size + question.name.count {
                let isLetter = (asked.bytes[index] | 0x20) &- 97 < 26
                bytes[index] = asked.bytes[index] ^ (isLetter && !spelled ? 0x20 : 0)
            }
        }
        change { $0.reply(to: asked.id, bytes.span, at: $1.now) }
    }

    /// `cname NAME`, `dname FROM TO`, `service NAME`, `alias NAME`, `malformed`, `compressed ADDRESS`, `192.0.2.7`, `hint ADDRESS`, `ptr NAME`, `txt WORD`, `many N`, `stray NAME ADDRESS`, `nonsense`; `ttl N` for those before it.
    private func records(
        of question: Question, _ line: Fixture.Line, _ some: ArraySlice<String>
    ) throws(ScenarioFailure) -> [Message.Record] {
        var words = Words(line, some)
        var records: [Message.Record] = []
        var owner = question.name
        var timed = 0
        while !words.isEmpty {
            let word = try words.next()
            switch word {
            case "cname":
                let target = try words.next("name") { Name($0) }
                records.append(.cname(owner, target))
                owner = target
            case "hint": records.append(.https(owner, hints: [try words.next("address") { IPAddress($0) }]))
            case "service", "alias":
                let target = try words.next("name") { Name($0) }
                records.append(.https(owner, priority: word == "alias" ? 0 : 1, target: target, hints: []))
            case "malformed":
                var record = Message.Record.https(owner, hints: [])
                record.data = [.bytes([0, 1, 0, 0, 4, 0, 4, 192, 0, 2, 9, 0, 1, 0, 3, 2, 104, 50])]
                records.append(record)
            case "compressed":
                var record = Message.Record.https(owner, hints: [])
                let hint = try words.next("IPv4 address") { IPAddress($0) }
                // The question's name, by a pointer to byte 12.
                record.data = [.bytes([0, 1, 0xC0, 12, 0, 4, 0, 4] + hint.bytes)]
                records.append(record)
            case "dname":
                let from = try words.next("name") { Name($0) }
                let to = try words.next("name") { Name($0) }
                records.append(.dname(from, to))
                owner = owner.replacing(suffix: from, with: to) ?? owner
            case "ptr": records.append(.ptr(owner, try words.next("name") { Name($0) }))
            case "txt": records.append(.txt(owner, try words.next()))
            case "many":
                for number in 0..<(try words.next("number") { UInt32($0) }) { records.append(.address(owner, .v4(0xCB00_7100 + number))) }
            case "stray": records.append(.address(try words.next("name") { Name($0) }, try words.next("address") { IPAddress($0) }))
            case "nonsense":
                var record = Message.Record.address(owner, .of("192.0.2.7"))
                record.data = [.bytes([1])]
                records.append(record)
            case "ttl":
                let seconds = try words.next("number") { UInt32($0) }
                for index in timed..<records.count { records[index].ttl = seconds }
                timed = records.count
            default:
                guard let address = IPAddress(word) else { throw words.failure("'\(word)' is no record") }
                records.append(.address(owner, address))
            }
        }
        return records
    }
}
