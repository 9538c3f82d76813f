// SPDX-License-Identifier: MIT

/// Where a valid message has what leads a reader on: label lengths, pointers, and lengths of two bytes.
struct Anatomy {
    /// Length bytes of labels and of character strings.
    private(set) var labels: [Int] = []
    private(set) var pointers: [Int] = []
    /// Of data, EDNS options and parameters of service bindings.
    private(set) var lengths: [Int] = []
    private let message: [UInt8]
    private var place = 12

    init(_ message: [UInt8]) {
        self.message = message
        for _ in 0..<message.word(at: 4) {
            name()
            place += 4
        }
        for _ in 0..<Int(message.word(at: 6)) + Int(message.word(at: 8)) + Int(message.word(at: 10)) { record() }
    }

    private mutating func name() {
        while place < message.count {
            let length = Int(message[place])
            if length >= 0xC0 {
                pointers.append(place)
                place += 2
                return
            }
            labels.append(place)
            place += length + 1
            if length == 0 { return }
        }
    }

    private mutating func record() {
        name()
        let type = message.word(at: place)
        lengths.append(place + 8)
        let end = place + 10 + Int(message.word(at: place + 8))
        place += 10
        switch type {
        case 2, 5, 12, 39: name()
        case 6:
            name()
            name()
        case 15, 33:
            place += type == 15 ? 2 : 6
            name()
        case 16:
            while place < end {
                labels.append(place)
                place += Int(message[place]) + 1
            }
        case 41: pairs(until: end)
        case 64, 65:
            place += 2
            name()
            pairs(until: end)
        default: break
        }
        place = end
    }

    /// Options and parameters: a code, a length, so many bytes.
    private mutating func pairs(until end: Int) {
        while place + 4 <= end {
            lengths.append(place + 2)
            place += 4 + Int(message.word(at: place + 2))
        }
    }
}
