package import Tensors

/// The nearest rows of every row of a pool by the cosine, found once and used by all parts.
package struct NeighborGraph: Sendable {
  /// How many neighbours each row has; fewer than asked for where the pool is small.
  package let countPerRow: Int
  private let neighbors: Neighbors

  /// Finds the `count` nearest other rows of each row of `features`, exactly.
  ///
  /// Rows whose length is not 1 are compared by their directions. At least two rows.
  /// Cost: `2 · rows² · dimensions` operations. Deterministic, whatever the number of threads.
  package init(_ features: Matrix<Float>, count: Int) {
    precondition(features.rowCount >= 2, "\(features.rowCount) rows have no neighbours")
    countPerRow = min(count, features.rowCount - 1)
    let isUnit = features.rowLengths().allSatisfy { abs($0 - 1) < 1e-2 }
    let rows = isUnit ? features : features.normalizedRows()
    neighbors = NeighborBank(rows).nearest(countPerRow, to: rows, excludingOwnRow: true)
  }

  /// The nearest `count` neighbours of `row`, the nearest first.
  func rows(near row: Int, count: Int) -> ArraySlice<Int32> {
    neighbors.rows[row * countPerRow..<row * countPerRow + min(count, countPerRow)]
  }

  /// The cosines with the neighbours of `row`, in the same order.
  func similarities(near row: Int, count: Int) -> ArraySlice<Double> {
    neighbors.similarities[row * countPerRow..<row * countPerRow + min(count, countPerRow)]
  }

  /// The mean of `values` over the nearest `count` neighbours of each row.
  func smoothed(_ values: [Float], count: Int) -> [Float] {
    values.indices.map { row in
      let near = rows(near: row, count: count)
      return near.reduce(0) { $0 + values[Int($1)] } / Float(near.count)
    }
  }

  /// The share of the nearest `count` neighbours of each row whose value is the row's own.
  func agreement(of predictions: [Int32], count: Int) -> [Float] {
    predictions.indices.map { row in
      let near = rows(near: row, count: count)
      let agreeing = near.reduce(0) { $0 + (predictions[Int($1)] == predictions[row] ? 1 : 0) }
      return Float(agreeing) / Float(near.count)
    }
  }
}
