/// The classes whose predicted share of the pool changed more than threefold, or to nothing.
///
/// `first` are the shares that the labels alone predict, `current` those of a later round, both
/// summing to 1. A change between two shares below 1 % is not counted, unless a class vanished.
package func collapsedClasses(first: [Double], current: [Double]) -> [Int] {
  precondition(first.count == current.count, "\(first.count) and \(current.count) shares")
  return first.indices.filter { label in
    let (before, after) = (first[label], current[label])
    if before > 0, after == 0 { return true }
    guard max(before, after) >= 0.01 else { return false }
    return after > 3 * before || before > 3 * after
  }
}
