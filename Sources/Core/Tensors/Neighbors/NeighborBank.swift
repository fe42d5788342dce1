/// Rows that queries are compared with: exact search of the most similar rows by inner product.
///
/// On rows of unit length (`normalizedRows`) the inner product is the cosine, and the order is that
/// of the Euclidean distance.
///
/// A fast product in low precision finds the candidates; every row that its rounding error could
/// hide is kept, and the kept ones are compared by inner products in double precision, summed in a
/// fixed order. So the result is exact, and has the same bits for every batch size, thread count
/// and processor; near duplicates keep their digits. Equal similarities come in the order of their
/// rows.
package struct NeighborBank: Sendable {
  /// The rows `[count, dimensions]`.
  package let rows: Matrix<Float>
  let kernel: NeighborKernel
  let packed: PackedRows

  /// Keeps `rows`, which must be finite, and packs a copy of them for the products.
  ///
  /// Cost: one pass over the rows; memory: the rows once more, or half of that where the kernel
  /// works on bfloat16.
  package init(_ rows: Matrix<Float>, kernel: NeighborKernel = .best) {
    precondition(rows.rowCount <= Int(Int32.max) - 64, "\(rows.rowCount) rows")
    precondition(kernel.isAvailable, "\(kernel) on this processor")
    self.rows = rows
    self.kernel = kernel
    packed = PackedRows(rows, 0..<rows.rowCount, groupRows: kernel.panelWidth, kernel: kernel)
    precondition(packed.lengthMax.isFinite, "a row is not finite")
  }

  /// The bytes of memory that the bank holds.
  package var byteCount: Int { rows.count * 4 + packed.byteCount }

  /// The `count` most similar rows of each query, the most similar first.
  ///
  /// `queries` is `[queries, dimensions]` and finite. With `excludingOwnRow`, query `i` is row `i`
  /// of the bank and does not find itself. `count` is at most the number of rows that can be found.
  /// Cost: `2 · queries · rows · dimensions` operations on the suite's threads; memory: the result
  /// and a few megabytes a thread.
  package func nearest(
    _ count: Int, to queries: Matrix<Float>, excludingOwnRow: Bool = false
  ) -> Neighbors {
    let available = rows.rowCount - (excludingOwnRow ? 1 : 0)
    precondition(count >= 1 && count <= available, "\(count) neighbours of \(available) rows")
    precondition(
      queries.columnCount == rows.columnCount,
      "queries of \(queries.columnCount) dimensions, rows of \(rows.columnCount)")
    precondition(
      !excludingOwnRow || queries.rowCount == rows.rowCount,
      "\(queries.rowCount) queries are not the \(rows.rowCount) rows")
    return NeighborSearch(
      bank: self, queries: queries, count: count, excludingOwnRow: excludingOwnRow
    ).run()
  }
}

/// The most similar rows of each query.
package struct Neighbors: Sendable, Equatable {
  /// How many rows each query has.
  package let countPerQuery: Int
  /// The bank's row of each neighbour, `[queries, countPerQuery]`, the most similar first.
  package let rows: [Int32]
  /// The inner product with each neighbour, in the same order.
  package let similarities: [Double]

  /// The number of queries.
  package var queryCount: Int { rows.count / countPerQuery }
}
