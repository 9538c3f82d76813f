// SPDX-License-Identifier: MIT

/// The word of `words` that a person who typed `word` most likely meant; nil when none is near.
///
/// Near is one typing error (letter missing, added, changed, two swapped) for each three letters, at least one, at most three.
package func nearestWord(to word: String, among words: [String]) -> String? {
    let typed = Array(word.lowercased().utf8)
    guard !typed.isEmpty, typed.count <= 64 else { return nil }
    let allowed = min(3, max(1, typed.count / 3))
    var best: (word: String, distance: Int)?
    // Each letter more or less is an error.
    for candidate in words where abs(candidate.utf8.count - typed.count) <= allowed {
        let distance = editDistance(typed, Array(candidate.lowercased().utf8))
        if distance <= allowed, distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.word
}

/// Optimal string alignment distance.
private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    guard !left.isEmpty, !right.isEmpty else { return max(left.count, right.count) }
    var before: [Int] = []
    var last = Array(0...right.count)
    for row in 1...left.count {
        var now = [row]
        for column in 1...right.count {
            let same = left[row - 1] == right[column - 1]
            var cost = min(last[column] + 1, now[column - 1] + 1, last[column - 1] + (same ? 0 : 1))
            if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                cost = min(cost, before[column - 2] + 1)
            }
            now.append(cost)
        }
        before = last
        last = now
    }
    return last[right.count]
}
