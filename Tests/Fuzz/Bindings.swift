// SPDX-License-Identifier: MIT
import Wire

/// The data of one HTTPS record, read and cut.
enum Bindings {
    /// The first byte says what is cut, the rest is the record's data.
    static func run(_ bytes: [UInt8]) throws(Violation) {
        guard let choice = bytes.first, bytes.count < 60_000, let owner = Name("www.example") else { return }
        let query = Query(asking: Question(name: owner, type: .https))
        var message = query.upstream(id: 1)
        message.removeLast(11)
        message.replaceSubrange(2..<12, with: [0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0])
        message += [0xC0, 12, 0, 65, 0, 1, 0, 0, 1, 44, UInt8((bytes.count - 1) >> 8), UInt8((bytes.count - 1) & 255)]
        message += bytes.dropFirst()
        guard case .answer(let answer) = Judged(message.span, to: query, id: 1) else { return }
        var cut = Cut()
        if choice & 1 != 0 { cut.refused = Set(answer.addresses.prefix(1)) }
        if choice & 2 != 0 { cut.hints.insert(.v4) }
        if choice & 4 != 0 { cut.hints.insert(.v6) }
        cut.malformed = choice & 8 != 0
        guard let rest = answer.cutting(cut, for: query) else { return }
        let plain = try Handed.check(query.reply(rest, age: 0), to: query, isByUDP: false)
        try claim(plain.addresses == Set(rest.addresses.map(\.bytes)), "hints \(plain.addresses) in what says \(rest.addresses)")
        for address in rest.addresses {
            try claim(!cut.refused.contains(address) && !cut.hints.contains(address.family), "\(address) was to be taken out")
        }
        let kept = answer.addresses.filter { !cut.refused.contains($0) && !cut.hints.contains($0.family) }
        try claim(rest.addresses == kept, "\(rest.addresses) is left, and should be \(kept)")
        try claim(rest.cutting(cut, for: query) == rest, "cut again it is something else")
        _ = rest.serviceTargets
    }
}
