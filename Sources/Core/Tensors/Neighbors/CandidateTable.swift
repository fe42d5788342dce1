internal import CKernels

/// The candidates of a block of queries while the rows pass by.
///
/// A row stays a candidate while its approximate similarity is within twice the error bound of the
/// `count`-th best so far: what is dropped cannot be among the `count` best.
struct CandidateTable: ~Copyable {
  /// How many neighbours are sought.
  let count: Int
  let capacity: Int
  /// The largest error of an approximate similarity of each query.
  let errors: [Double]
  let thresholds: UnsafeMutableBufferPointer<Float>
  let values: UnsafeMutableBufferPointer<Float>
  let rows: UnsafeMutableBufferPointer<Int32>
  let counts: UnsafeMutableBufferPointer<Int32>
  private var scratch: [Float]

  /// The capacity for each query.
  static func capacity(count: Int, panelWidth: Int) -> Int { 2 * count + 4 * panelWidth }

  /// Makes room for `queryCount` queries, those from `errors.count` on being padding.
  init(count: Int, panelWidth: Int, queryCount: Int, errors: [Double]) {
    self.count = count
    self.errors = errors
    capacity = Self.capacity(count: count, panelWidth: panelWidth)
    thresholds = .allocate(capacity: queryCount)
    values = .allocate(capacity: queryCount * capacity)
    rows = .allocate(capacity: queryCount * capacity)
    counts = .allocate(capacity: queryCount)
    thresholds.initialize(repeating: .infinity)
    values.initialize(repeating: 0)
    rows.initialize(repeating: 0)
    counts.initialize(repeating: 0)
    scratch = []
    scratch.reserveCapacity(capacity)
    for query in errors.indices { thresholds[query] = -.infinity }
  }

  deinit {
    thresholds.deallocate()
    values.deallocate()
    rows.deallocate()
    counts.deallocate()
  }

  /// What a kernel sees of the queries from `first` on.
  func view(from first: Int) -> autodidact_neighbor_candidates? {
    guard let thresholds = thresholds.baseAddress, let values = values.baseAddress,
      let rows = rows.baseAddress, let counts = counts.baseAddress
    else { return nil }
    return autodidact_neighbor_candidates(
      thresholds: thresholds + first, values: values + first * capacity,
      rows: rows + first * capacity, counts: counts + first, capacity: Int32(capacity))
  }

  /// Drops `row` from the candidates of a query.
  func drop(_ row: Int32, of query: Int) {
    keep(of: query) { candidate in rows[candidate] != row }
  }

  /// Drops the candidates of a query that are too far below its `count`-th best.
  mutating func narrow(_ query: Int) {
    let found = Int(counts[query])
    guard found >= count else { return }
    let start = query * capacity
    scratch.removeAll(keepingCapacity: true)
    scratch.append(contentsOf: values[start..<start + found])
    let lowest = scratch.withUnsafeMutableBufferPointer { selectLargest(count, of: $0) }
    raiseThreshold(of: query, to: Double(lowest) - 2 * errors[query])
    let threshold = thresholds[query]
    keep(of: query) { candidate in values[candidate] >= threshold }
  }

  /// Drops all but the `count` best of a query, given the candidates' exact similarities in order.
  mutating func reduce(_ query: Int, similarities: [Double]) {
    let start = query * capacity
    let order = (0..<Int(counts[query])).sorted { left, right in
      ranks(
        similarities[left], rows[start + left], before: similarities[right], rows[start + right])
    }
    let best = order.prefix(count)
    guard best.count == count, let last = best.last else { return }
    raiseThreshold(of: query, to: similarities[last] - errors[query])
    let kept = best.map { (values[start + $0], rows[start + $0]) }
    for (index, candidate) in kept.enumerated() {
      values[start + index] = candidate.0
      rows[start + index] = candidate.1
    }
    counts[query] = Int32(count)
  }

  private func raiseThreshold(of query: Int, to bound: Double) {
    thresholds[query] = max(thresholds[query], Float(bound).nextDown)
  }

  private func keep(of query: Int, where isKept: (Int) -> Bool) {
    var end = query * capacity
    for candidate in end..<end + Int(counts[query]) where isKept(candidate) {
      values[end] = values[candidate]
      rows[end] = rows[candidate]
      end += 1
    }
    counts[query] = Int32(end - query * capacity)
  }
}

/// Whether a neighbour comes before another: by similarity, then by row.
func ranks(_ similarity: Double, _ row: Int32, before other: Double, _ otherRow: Int32) -> Bool {
  similarity > other || (similarity == other && row < otherRow)
}

/// The `rank`-th largest of `values`, which are reordered.
private func selectLargest(_ rank: Int, of values: UnsafeMutableBufferPointer<Float>) -> Float {
  var low = 0
  var high = values.count - 1
  let target = rank - 1
  while low < high {
    let pivot = values[low + (high - low) / 2]
    var left = low
    var right = high
    while left <= right {
      while values[left] > pivot { left += 1 }
      while values[right] < pivot { right -= 1 }
      if left <= right {
        values.swapAt(left, right)
        left += 1
        right -= 1
      }
    }
    if target <= right {
      high = right
    } else if target >= left {
      low = left
    } else {
      break
    }
  }
  return values[target]
}
