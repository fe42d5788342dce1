private import Statistics

/// Folds for cross-validation in which every class is spread evenly.
package struct StratifiedFolds: Sendable, Equatable {
  /// The number of folds; 0 where a class has fewer than two rows, so that none can be held out.
  package let count: Int
  /// The fold of each row.
  package let folds: [Int]

  /// Deals the rows of each class out to `min(countMax, rows of the smallest class)` folds.
  ///
  /// Rows of a class are shuffled by `seed` first. Every class has a row outside of every fold.
  package init(labels: [Int], classCount: Int, countMax: Int = 5, seed: UInt64) {
    var members = [[Int]](repeating: [], count: classCount)
    for (row, label) in labels.enumerated() { members[label].append(row) }
    let smallest = members.map(\.count).min() ?? 0
    count = smallest < 2 ? 0 : min(countMax, smallest)
    var folds = [Int](repeating: 0, count: labels.count)
    if count > 0 {
      var generator = SeededGenerator(seed: seed)
      for rows in members {
        for (position, row) in generator.shuffled(rows).enumerated() {
          folds[row] = position % count
        }
      }
    }
    self.folds = folds
  }

  /// The rows outside of `fold`, ascending.
  package func training(_ fold: Int) -> [Int] { folds.indices.filter { folds[$0] != fold } }

  /// The rows in `fold`, ascending.
  package func heldOut(_ fold: Int) -> [Int] { folds.indices.filter { folds[$0] == fold } }
}
