// SPDX-License-Identifier: MIT
import DequeModule
import HeapModule
import Wire

/// Flights, each in a place of its own, and when each is due.
///
/// A flight's number is a count and, in its low bits, its place: nobody looks for a flight by hash, and the number of one that has ended finds none.
struct FlightBoard {
    /// A flight's number, and when it is to be looked at; over when the flight says another time.
    private struct Due: Comparable {
        let at: Instant
        let number: UInt64

        static func < (left: Due, right: Due) -> Bool { (left.at, left.number) < (right.at, right.number) }
    }

    /// Those of one partition.
    private struct Crowd {
        var count = 0
        /// In the order they began; some behind the first have ended.
        var departures: Deque<UInt64> = []

        mutating func join(_ number: UInt64) {
            count += 1
            departures.append(number)
        }
    }

    /// Flights at the most, and bits of a number that are its place.
    static let most = 1 << placeBits
    private static let placeBits: UInt64 = 12

    private var places: [(number: UInt64, flight: Flight?)] = []
    private var free: [Int] = []
    private var began: UInt64 = 0
    private var numbers: [Cache.Key: UInt64] = [:]
    private var dues = Heap<Due>()
    /// Who waits, in all flights.
    private(set) var waiters = 0
    private var crowds: [Int: Crowd] = [:]

    var count: Int { places.count - free.count }
    var all: [(number: UInt64, flight: Flight)] { places.compactMap { place in place.flight.map { (place.number, $0) } } }

    subscript(_ number: UInt64) -> Flight? { place(of: number).flatMap { places[$0].flight } }
    func number(of key: Cache.Key) -> UInt64? { numbers[key] }

    private func place(of number: UInt64) -> Int? {
        let place = Int(number & UInt64(Self.most - 1))
        return place < places.count && places[place].number == number ? place : nil
    }

    /// - Returns: its number. There must be room (`isFull`).
    mutating func add(_ flight: Flight) -> UInt64 {
        let place = free.popLast() ?? places.count
        began += 1
        let number = began << Self.placeBits | UInt64(place)
        if place == places.count { places.append((number, flight)) } else { places[place] = (number, flight) }
        numbers[flight.key] = number
        crowds[flight.key.partition, default: Crowd()].join(number)
        waiters += flight.waiters.count
        return number
    }

    var isFull: Bool { count >= Self.most }

    /// Changes a flight where it is.
    mutating func change(_ number: UInt64, _ body: (Flight) -> Void) {
        guard let flight = self[number] else { return }
        let (former, count) = (flight.nextDue, flight.waiters.count)
        body(flight)
        waiters += flight.waiters.count - count
        guard flight.nextDue != former else { return }
        dues.insert(Due(at: flight.nextDue, number: number))
        prune()
    }

    mutating func remove(_ number: UInt64) -> Flight? {
        guard let place = place(of: number), let flight = places[place].flight else { return nil }
        places[place] = (0, nil)
        free.append(place)
        numbers[flight.key] = nil
        waiters -= flight.waiters.count
        leave(flight.key.partition)
        prune()
        return flight
    }

    private mutating func leave(_ partition: Int) {
        guard let index = crowds.index(forKey: partition) else { return }
        crowds.values[index].count -= 1
        if crowds.values[index].count == 0 {
            crowds.remove(at: index)
            return
        }
        while let first = crowds.values[index].departures.first, place(of: first) == nil { crowds.values[index].departures.removeFirst() }
    }

    /// When the first one is due.
    var earliestDue: Instant? { dues.min?.at }

    /// One that is due.
    mutating func due(at now: Instant) -> UInt64? {
        guard let first = dues.min, first.at <= now else { return nil }
        dues.removeMin()
        prune()
        return first.number
    }

    /// The partition that most of them are of: the flood makes room for itself.
    var fullest: Int? { crowds.max { ($0.value.count, $0.key) < ($1.value.count, $1.key) }?.key }

    /// The one of a partition that began first.
    func oldest(in partition: Int?) -> UInt64? { partition.flatMap { crowds[$0]?.departures.first } }

    private mutating func prune() {
        while let first = dues.min, place(of: first.number).flatMap({ places[$0].flight?.nextDue }) != first.at { dues.removeMin() }
    }
}
