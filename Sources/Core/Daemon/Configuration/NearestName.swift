/// Returns the candidate that is fewest edits away from a misspelt name, or nil if none is near.
///
/// An edit inserts, deletes or replaces one character or swaps two neighbours. A candidate is near
/// when at most a third of the longer name's characters, and at least two, would have to change.
/// Ties go to the first candidate. Cost: time `O(names · length²)`.
package func nearestName(to name: String, among candidates: [String]) -> String? {
  var best: (distance: Int, candidate: String)?
  for candidate in candidates {
    let limit = max(2, max(name.count, candidate.count) / 3)
    let distance = editDistance(name.lowercased(), candidate.lowercased())
    if distance <= limit, distance < best?.distance ?? .max {
      best = (distance, candidate)
    }
  }
  return best?.candidate
}

/// Returns the optimal string alignment distance of two texts.
func editDistance(_ first: String, _ second: String) -> Int {
  let a = Array(first)
  let b = Array(second)
  var beforeLast = [Int](repeating: 0, count: b.count + 1)
  var last = Array(0...b.count)
  for i in a.indices {
    var current = [i + 1]
    current.reserveCapacity(b.count + 1)
    for j in b.indices {
      var distance = min(last[j + 1] + 1, current[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
        distance = min(distance, beforeLast[j - 1] + 1)
      }
      current.append(distance)
    }
    beforeLast = last
    last = current
  }
  return last[b.count]
}
