// SPDX-License-Identifier: MIT
import Wire

extension Matcher {
    typealias Place = RuleStore.Place

    /// The rule that decides for `name`; nil if none matches.
    package func match(_ name: Name) -> Ruling? {
        if let place = nearest(name), !isExcepted[Int(origins.run(of: place).list)] { return ruling(place) }
        guard store.exceptions > 0 || !patterns.regexes.isEmpty || !patterns.keywords.isEmpty else { return nil }
        return candidates(name).first.map(ruling)
    }

    /// Every rule that matches `name`, the one that decides first.
    package func matches(_ name: Name) -> [Ruling] { candidates(name).map(ruling) }

    /// The first rule that stands for the name or one above it, exceptions left aside.
    private func nearest(_ name: Name) -> Place? {
        guard store.names > 0 else { return nil }
        var name = name.bytes
        let length = name.count - 1
        let starts = LabelStarts(&name, length: length)
        var hash = names.seed
        var nearest: Place?
        // From the root, which has no label, to the whole name.
        for label in stride(from: starts.count, through: 0, by: -1) {
            let start = label == starts.count ? length : starts[label]
            if label < starts.count { hash.add(&name, labelAt: start) }
            guard names.holds(labels: starts.count - label),
                let head = names.find(hash, &name, from: start, length: length - start, in: store)
            else { continue }
            // More labels win, whatever the kind.
            nearest = first(of: head, isWhole: label == 0) ?? nearest
        }
        return nearest
    }

    /// Of the rules of one name the one that goes before the others.
    private func first(of head: NameTable.Head, isWhole: Bool) -> Place? {
        if !head.hasEarlier { return rank(store[head.place], isWhole: isWhole) == nil ? nil : head.place }
        var best: (rank: Int, place: Place)?
        for place in names.chain(head) {
            guard let rank = rank(store[place], isWhole: isWhole), rank <= best?.rank ?? .max else { continue }
            best = (rank, place)
        }
        return best?.place
    }

    /// Among rules of one name, lower before higher; nil if the rule does not match.
    /// - Parameter isWhole: the asked name is this one, not one below it.
    private func rank(_ rule: StoredRule, isWhole: Bool) -> Int? {
        guard !rule.isException else { return nil }
        return switch rule.kind {
        case .exact: isWhole ? 0 : nil
        case .below: isWhole ? nil : 1
        case .suffix: 2
        case nil: nil
        }
    }

    /// The places of all rules that match `name`, in the order of precedence, those of lists that have an exception for it left out.
    func candidates(_ name: Name) -> [Place] {
        let (found, passed) = fitting(name)
        return passed.isEmpty ? found : found.filter { passed[origins.run(of: $0).list] == nil }
    }

    /// The lists that have an exception for `name`.
    func exceptingLists(of name: Name) -> Set<UInt32> { Set(fitting(name).passed.keys) }

    /// Rules that fit `name` and are not asked, since their own list has an exception for it: each with that exception.
    package func excepted(_ name: Name) -> [(rule: Rule, exception: Rule)] {
        let (found, passed) = fitting(name)
        return found.compactMap { place in
            passed[origins.run(of: place).list].map { (full(store[place]), full(store[$0])) }
        }
    }

    /// The places of all rules that fit `name`, in the order of precedence, and of each list that has an exception for it the first one.
    private func fitting(_ name: Name) -> (found: [Place], passed: [UInt32: Place]) {
        var found: [Place] = []
        var passed: [UInt32: Place] = [:]
        func take(_ place: Place) {
            guard store[place].isException else { return found.append(place) }
            let list = origins.run(of: place).list
            if passed[list] == nil { passed[list] = place }
        }
        if store.names > 0 {
            for (place, _) in named(name) { take(place) }
        }
        if !patterns.regexes.isEmpty || !patterns.keywords.isEmpty {
            let text = name.searchedText
            if !patterns.regexes.isEmpty { for index in regexes.matches(text.span) { take(patterns.regexes[index].place) } }
            for index in keywords.matches(text) { take(patterns.keywords[index].place) }
        }
        return (found, passed)
    }

    /// All that stands for the name or one above it, exceptions too, in the order of precedence.
    private func named(_ name: Name) -> [(place: Place, order: Order)] {
        var name = name.bytes
        let length = name.count - 1
        let starts = LabelStarts(&name, length: length)
        var hash = names.seed
        var found: [(place: Place, order: Order)] = []
        for label in stride(from: starts.count, through: 0, by: -1) {
            let start = label == starts.count ? length : starts[label]
            if label < starts.count { hash.add(&name, labelAt: start) }
            guard let head = names.find(hash, &name, from: start, length: length - start, in: store) else { continue }
            for place in names.chain(head) {
                let rule = store[place]
                switch rule.kind {
                case .exact where label == 0: found.append((place, Order(kind: 0, label: 0, place: place)))
                case .below where label > 0: found.append((place, Order(kind: 1, label: label * 2, place: place)))
                case .suffix: found.append((place, Order(kind: 1, label: label * 2 + 1, place: place)))
                case .exact, .below, nil: break
                }
            }
        }
        return found.sorted { $0.order < $1.order }
    }

    /// Exact before all; then by label, the first one of the name first, and at each what is below it before it and all below it.
    private struct Order: Comparable {
        let kind: Int
        let label: Int
        let place: Place

        static func < (left: Order, right: Order) -> Bool {
            (left.kind, left.label, left.place) < (right.kind, right.label, right.place)
        }
    }
}
