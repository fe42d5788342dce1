private import CKernels

/// One run of an exact neighbour search.
struct NeighborSearch: Sendable {
  let bank: NeighborBank
  let queries: Matrix<Float>
  let count: Int
  let excludingOwnRow: Bool

  /// How many bytes of packed rows are read again and again: they stay in the second-level cache.
  private static let chunkBytes = 512 << 10
  /// How many bytes of candidates a block of queries may take.
  private static let blockBytes = 4 << 20

  /// Searches every query, blocks of queries in parallel.
  func run() -> Neighbors {
    var rows = [Int32](repeating: 0, count: queries.rowCount * count)
    var similarities = [Double](repeating: 0, count: queries.rowCount * count)
    let block = blockSize()
    let blockCount = (queries.rowCount + block - 1) / block
    rows.withUnsafeMutableBufferPointer { rows in
      similarities.withUnsafeMutableBufferPointer { similarities in
        // Safety: each block of queries writes its own part of both buffers, which outlive the
        // loop.
        nonisolated(unsafe) let rows = rows
        nonisolated(unsafe) let similarities = similarities
        parallelFor(blockCount) { index in
          let range = index * block..<min((index + 1) * block, queries.rowCount)
          search(range, rows: rows, similarities: similarities)
        }
      }
    }
    return Neighbors(countPerQuery: count, rows: rows, similarities: similarities)
  }

  /// Blocks of like size, as many as a multiple of the threads, and none too large.
  private func blockSize() -> Int {
    let capacity = CandidateTable.capacity(count: count, panelWidth: bank.kernel.panelWidth)
    let limit = max(Self.blockBytes / (capacity * 8), bank.kernel.tileHeight)
    let threads = blasThreadCount()
    let blocks = (queries.rowCount + limit - 1) / limit
    let rounds = max((blocks + threads - 1) / threads, 1)
    let height = bank.kernel.tileHeight
    let size = (queries.rowCount + rounds * threads - 1) / (rounds * threads)
    return max((size + height - 1) / height * height, height)
  }

  private func search(
    _ range: Range<Int>, rows: UnsafeMutableBufferPointer<Int32>,
    similarities: UnsafeMutableBufferPointer<Double>
  ) {
    let kernel = bank.kernel
    let tiles = PackedRows(queries, range, groupRows: kernel.tileHeight, kernel: kernel)
    precondition(tiles.lengthMax.isFinite, "a query is not finite")
    var table = CandidateTable(
      count: count, panelWidth: kernel.panelWidth,
      queryCount: tiles.groupCount * kernel.tileHeight, errors: errors(of: tiles))
    let panelBytes = bank.packed.stepCount * kernel.panelWidth * 4
    let chunk = max(Self.chunkBytes / max(panelBytes, 1), 1)
    for first in stride(from: 0, to: bank.packed.groupCount, by: chunk) {
      let panels = first..<min(first + chunk, bank.packed.groupCount)
      for tile in 0..<tiles.groupCount {
        scan(panels, tile: tile, of: tiles, range: range, table: &table)
      }
    }
    for query in range {
      rank(query, in: &table, at: query - range.lowerBound, rows: rows, similarities: similarities)
    }
  }

  /// A bound on the error of each query's approximate similarities, whatever the order of the sums.
  ///
  /// With `u = 2⁻²⁴`, a sum of `n` products errs by at most `γ_n = n u / (1 - n u)` times the
  /// lengths' product; what rounding to bfloat16 took from query and row adds its length times the
  /// other's.
  /// Source: N. Higham, Accuracy and Stability of Numerical Algorithms, 2nd edition, 2002, 3.1.
  private func errors(of tiles: PackedRows) -> [Double] {
    let steps = Double(queries.columnCount + 2) * 0x1p-24
    let relative = steps / (1 - steps)
    let rowLength = bank.packed.lengthMax
    let rowLoss = bank.packed.lossMax
    // What bfloat16 products below the normal range lose.
    let underflow = Double(queries.columnCount + 2) * 0x1p-125
    return tiles.lengths.indices.map { query in
      let length = tiles.lengths[query]
      let loss = tiles.losses.isEmpty ? 0 : tiles.losses[query]
      return loss * rowLength + (length + loss) * rowLoss
        + relative * (length + loss) * (rowLength + rowLoss) + underflow
    }
  }

  private func scan(
    _ panels: Range<Int>, tile: Int, of tiles: PackedRows, range: Range<Int>,
    table: inout CandidateTable
  ) {
    let height = tiles.groupRows
    guard let scan = bank.kernel.functions.scan, var view = table.view(from: tile * height) else {
      return
    }
    let cells = tiles.cells + tile * tiles.stepCount * height * 4
    var next = panels.lowerBound
    while next < panels.upperBound {
      next = scan(
        cells, bank.packed.cells, next, panels.upperBound, tiles.stepCount, bank.rows.rowCount,
        &view)
      for query in tile * height..<min((tile + 1) * height, range.count)
      where Int(table.counts[query]) > table.capacity - bank.kernel.panelWidth {
        makeRoom(range.lowerBound + query, in: &table, at: query)
      }
    }
  }

  private func makeRoom(_ query: Int, in table: inout CandidateTable, at place: Int) {
    if excludingOwnRow { table.drop(Int32(query), of: place) }
    table.narrow(place)
    if Int(table.counts[place]) > table.capacity / 2 {
      table.reduce(place, similarities: exactSimilarities(of: query, in: table, at: place))
    }
  }

  private func exactSimilarities(
    of query: Int, in table: borrowing CandidateTable, at place: Int
  ) -> [Double] {
    let width = queries.columnCount
    let start = place * table.capacity
    let candidates = table.rows[start..<start + Int(table.counts[place])]
    return queries.withUnsafeBufferPointer { queries in
      bank.rows.withUnsafeBufferPointer { rows in
        guard let left = queries.baseAddress, let right = rows.baseAddress else {
          return [Double](repeating: 0, count: candidates.count)
        }
        return candidates.map { row in
          exactInnerProduct(left + query * width, right + Int(row) * width, count: width)
        }
      }
    }
  }

  private func rank(
    _ query: Int, in table: inout CandidateTable, at place: Int,
    rows: UnsafeMutableBufferPointer<Int32>, similarities: UnsafeMutableBufferPointer<Double>
  ) {
    if excludingOwnRow { table.drop(Int32(query), of: place) }
    table.narrow(place)
    let exact = exactSimilarities(of: query, in: table, at: place)
    let start = place * table.capacity
    let order = exact.indices.sorted { left, right in
      ranks(
        exact[left], table.rows[start + left], before: exact[right], table.rows[start + right])
    }
    precondition(order.count >= count, "\(order.count) candidates for \(count) neighbours")
    for (index, candidate) in order.prefix(count).enumerated() {
      rows[query * count + index] = table.rows[start + candidate]
      similarities[query * count + index] = exact[candidate]
    }
  }
}
