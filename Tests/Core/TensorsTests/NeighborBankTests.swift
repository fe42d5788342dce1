import TestSupport
import Testing

@testable import Tensors

@Suite struct NeighborBankTests {
  static let kernels = NeighborKernel.allCases.filter(\.isAvailable)

  /// The written-out search: every inner product, one sort.
  static func reference(
    _ count: Int, of rows: Matrix<Float>, to queries: Matrix<Float>, excludingOwnRow: Bool
  ) -> (rows: [Int32], similarities: [Double]) {
    var found: [Int32] = []
    var similarities: [Double] = []
    for query in 0..<queries.rowCount {
      let left = queries.row(query)
      let products = (0..<rows.rowCount).map { row in
        left.withUnsafeBufferPointer { left in
          rows.row(row).withUnsafeBufferPointer { right -> Double in
            guard let left = left.baseAddress, let right = right.baseAddress else { return 0 }
            return exactInnerProduct(left, right, count: rows.columnCount)
          }
        }
      }
      let order = products.indices.filter { !excludingOwnRow || $0 != query }
        .sorted { (products[$0], $1) > (products[$1], $0) }
      found += order.prefix(count).map(Int32.init)
      similarities += order.prefix(count).map { products[$0] }
    }
    return (found, similarities)
  }

  static func random(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix<Float> {
    var random = SplitMix64(seed: seed)
    return Matrix(rowCount: rows, columnCount: columns, elements: random.normals(rows * columns))
  }

  @Test(arguments: kernels, 0..<12 as Range<UInt64>)
  func `neighbours equal the written-out search`(kernel: NeighborKernel, seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let rowCount = Int.random(in: 2...700, using: &random)
    let queryCount = seed % 3 == 0 ? rowCount : Int.random(in: 1...40, using: &random)
    let dimensions = Int.random(in: 1...70, using: &random)
    let excludingOwnRow = seed % 3 == 0
    let count = min(Int.random(in: 1...20, using: &random), rowCount - 1)
    let rows = Self.random(rowCount, dimensions, seed: seed + 100)
    let queries = excludingOwnRow ? rows : Self.random(queryCount, dimensions, seed: seed + 200)
    let found = NeighborBank(rows, kernel: kernel)
      .nearest(count, to: queries, excludingOwnRow: excludingOwnRow)
    let expected = Self.reference(count, of: rows, to: queries, excludingOwnRow: excludingOwnRow)
    #expect(found.rows == expected.rows, "seed \(seed) \(rowCount) rows, \(dimensions) dimensions")
    #expect(found.similarities == expected.similarities, "seed \(seed)")
    #expect(found.queryCount == queries.rowCount)
  }

  @Test(arguments: kernels)
  func `near duplicates keep their order and their digits`(kernel: NeighborKernel) {
    // Rows that differ by less than the rounding error of the fast products.
    let centre = Self.random(1, 64, seed: 3).normalizedRows()
    var random = SplitMix64(seed: 4)
    let rows = Matrix<Float>(rowCount: 600, columnCount: 64) { target in
      for row in 0..<600 {
        for column in 0..<64 {
          target[row * 64 + column] =
            centre[0, column] * (1 + 1e-6 * Float(random.uniform() - 0.5))
        }
      }
    }
    let found = NeighborBank(rows, kernel: kernel).nearest(5, to: centre)
    let expected = Self.reference(5, of: rows, to: centre, excludingOwnRow: false)
    #expect(found.rows == expected.rows)
    #expect(found.similarities == expected.similarities)
  }

  @Test(arguments: kernels)
  func `equal similarities come in the order of their rows`(kernel: NeighborKernel) {
    let row = Self.random(1, 33, seed: 8)
    let rows = row.selecting(rows: [Int](repeating: 0, count: 900))
    let queries = row.selecting(rows: [0, 0, 0])
    #expect(
      NeighborBank(rows, kernel: kernel).nearest(4, to: queries).rows == [
        0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3,
      ])
    let zero = Matrix<Float>(rowCount: 1, columnCount: 33) { _ in }
    let found = NeighborBank(rows, kernel: kernel).nearest(2, to: zero)
    #expect(found.rows == [0, 1])
    #expect(found.similarities == [0, 0])
  }

  @Test(arguments: kernels)
  func `all rows can be asked for`(kernel: NeighborKernel) {
    let rows = Self.random(300, 5, seed: 9)
    let found = NeighborBank(rows, kernel: kernel).nearest(300, to: rows)
    #expect(Set(found.rows.prefix(300)).count == 300)
    let others = NeighborBank(rows, kernel: kernel).nearest(299, to: rows, excludingOwnRow: true)
    #expect(!others.rows.prefix(299).contains(0))
  }

  @Test func `every kernel gives the same bits, in any batch`() {
    let rows = Self.random(2000, 48, seed: 10).normalizedRows()
    let queries = Self.random(100, 48, seed: 11).normalizedRows()
    let results = Self.kernels.map { NeighborBank(rows, kernel: $0).nearest(7, to: queries) }
    for result in results { #expect(result == results[0]) }
    for query in [0, 57, 99] {
      let single = NeighborBank(rows).nearest(7, to: queries.selecting(rows: [query]))
      #expect(single.rows == Array(results[0].rows[query * 7..<query * 7 + 7]))
      #expect(single.similarities == Array(results[0].similarities[query * 7..<query * 7 + 7]))
    }
  }

  @Test func `no query gives no neighbour`() {
    let rows = Self.random(3, 4, seed: 1)
    let none = Matrix<Float>(rowCount: 0, columnCount: 4, elements: [])
    #expect(NeighborBank(rows).nearest(2, to: none).rows.isEmpty)
  }

  @Test func `more neighbours than rows is a programmer's error`() async {
    await #expect(processExitsWith: .failure) {
      let rows = Matrix<Float>(rowCount: 2, columnCount: 1, elements: [1, 2])
      _ = NeighborBank(rows).nearest(2, to: rows, excludingOwnRow: true)
    }
  }

  @Test func `normalised rows have length one, and a zero row stays zero`() {
    let rows = Matrix<Float>(rowCount: 3, columnCount: 2, elements: [3, 4, 0, 0, 1e30, 0])
    let unit = rows.normalizedRows()
    #expect(unit.elements == [0.6, 0.8, 0, 0, 1, 0])
    #expect(rows.rowLengths() == [5, 0, Double(Float(1e30))])
  }

  @Test func `the first element that is not finite is found`() throws {
    let bad = Matrix<Float>(rowCount: 2, columnCount: 3, elements: [1, 2, 3, 4, .nan, .infinity])
    let place = try #require(bad.firstNonFinite())
    #expect(place == (1, 1))
    #expect(Matrix<Float>(rowCount: 1, columnCount: 1, elements: [0]).firstNonFinite() == nil)
  }
}
