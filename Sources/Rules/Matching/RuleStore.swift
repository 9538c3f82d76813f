// SPDX-License-Identifier: MIT
import Wire

/// Rules as bytes, one after the other: no object for any, six bytes and its name for each.
///
/// Where a rule begins is its place, and outside its number: places ascend as files and lines do.
struct RuleStore: Sendable {
    typealias Place = UInt32

    /// Of each rule: its mark, the length of its name without the root label, four bytes of its line (the lowest first), the name.
    private(set) var bytes: [UInt8] = []
    /// Rules, and exceptions from them.
    private(set) var count = 0
    /// Those of them that stand for names.
    private(set) var names = 0
    private(set) var exceptions = 0
    /// Places of every so many, by which a rule is found that is not known to begin at a place.
    private var landmarks: [Place] = []

    private static let between = 256
    static let header = 6

    /// What stands in a rule's first byte.
    enum Mark {
        static let kinds: UInt8 = 0b011
        /// None of `NameKind`: the index of its pattern stands where the name would.
        static let pattern: UInt8 = 0b011
        static let exception: UInt8 = 0b100
    }

    /// Whether no other rule fits: places have 31 bits.
    var isFull: Bool { bytes.count > Int(Int32.max) - 2 * Name.capacity }

    /// Where the next rule will stand.
    var end: Place { Place(truncatingIfNeeded: bytes.count) }

    mutating func reserve(_ count: Int) { bytes.reserveCapacity(count) }

    mutating func append(_ kind: NameKind, _ name: borrowing Name, line: Int, isException: Bool) {
        append(kind.rawValue, isException, length: name.count - 1, line)
        var all = name.bytes
        for index in 0..<name.count - 1 { bytes.append(all.byte(at: index)) }
        names += 1
    }

    /// - Parameter index: of the pattern, in the array that holds those of its kind.
    mutating func append(pattern index: Int, line: Int, isException: Bool) {
        append(Mark.pattern, isException, length: 4, line)
        append(UInt32(truncatingIfNeeded: index))
    }

    private mutating func append(_ mark: UInt8, _ isException: Bool, length: Int, _ line: Int) {
        if count % Self.between == 0 { landmarks.append(end) }
        count += 1
        if isException { exceptions += 1 }
        bytes.append(mark | (isException ? Mark.exception : 0))
        bytes.append(UInt8(truncatingIfNeeded: length))
        append(UInt32(clamping: line))
    }

    private mutating func append(_ number: UInt32) {
        for shift in 0..<4 as Range<UInt32> { bytes.append(UInt8(truncatingIfNeeded: number >> (shift * 8))) }
    }

    func forEach(_ body: (StoredRule) -> Void) {
        var place: Place = 0
        while place < end {
            let rule = self[place]
            body(rule)
            place = rule.next
        }
    }

    /// The rule that begins at `number`; where none does, the one before; nil if there is none.
    func rule(around number: Int) -> StoredRule? {
        let landmark = landmarks.partition { Int($0) > number }
        guard landmark > 0 else { return nil }
        var rule = self[landmarks[landmark - 1]]
        while rule.next < end, Int(rule.next) <= number { rule = self[rule.next] }
        return rule
    }
}

extension Array {
    /// The index of the first element that `isBehind`, in an array whose elements that are stand all at its end; `count` if none is.
    func partition(_ isBehind: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
