package import Tensors

private import Digests

/// The known distribution that a detector is fitted on.
package struct ReferenceSet: Sendable {
  /// The features `[rows, dimensions]`, finite.
  package let features: Matrix<Float>
  /// The class of each row as an index into `classes`, where there are labels.
  package let labels: [Int]?
  /// The label of each class as the caller numbers it, ascending.
  package let classes: [Int64]
  /// The classifier on these features, where there is one.
  package let head: LinearHead?
  /// Features of the known distribution that the detector is not fitted on, where there are any.
  package let heldOut: Matrix<Float>?

  /// Checks the parts against each other; `labels` may be any numbers, and need not be contiguous.
  ///
  /// Cost: one pass over the features.
  package init(
    features: Matrix<Float>, labels: [Int64]? = nil, head: LinearHead? = nil,
    heldOut: Matrix<Float>? = nil
  ) throws(FitError) {
    guard features.rowCount > 0, features.columnCount > 0 else { throw .noRows(.fit) }
    try Self.check(features, .fit, dimensionCount: features.columnCount)
    if let labels, labels.count != features.rowCount {
      throw .labelCount(labels: labels.count, rows: features.rowCount)
    }
    if let head, head.weights.columnCount != features.columnCount {
      throw .headShape(
        classes: head.weights.rowCount, dimensions: head.weights.columnCount,
        biases: head.biases.count, expectedDimensions: features.columnCount)
    }
    if let heldOut {
      guard heldOut.rowCount > 0 else { throw .noRows(.heldOut) }
      try Self.check(heldOut, .heldOut, dimensionCount: features.columnCount)
    }
    self.features = features
    self.head = head
    self.heldOut = heldOut
    classes = labels.map { Set($0).sorted() } ?? []
    let places = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
    self.labels = labels.map { labels in labels.map { places[$0] ?? 0 } }
  }

  private static func check(
    _ features: Matrix<Float>, _ part: FitError.Part, dimensionCount: Int
  ) throws(FitError) {
    do throws(FeatureError) {
      try FeatureError.check(features, dimensionCount: dimensionCount)
    } catch {
      throw .features(part, error)
    }
  }

  /// The number of dimensions of the features.
  package var dimensionCount: Int { features.columnCount }

  /// The SHA-256 of all that a detector is fitted on.
  package func digest() -> [UInt8] {
    var hash = SHA256()
    func add(_ matrix: Matrix<Float>) {
      hash.update(data: Self.littleEndian([matrix.rowCount, matrix.columnCount]))
      matrix.withUnsafeBufferPointer { hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }
    }
    add(features)
    hash.update(data: Self.littleEndian(labels?.map { Int(classes[$0]) } ?? []))
    if let head {
      add(head.weights)
      add(Matrix(rowCount: 1, columnCount: head.biases.count, elements: head.biases))
    }
    if let heldOut { add(heldOut) }
    return hash.finalize()
  }

  private static func littleEndian(_ numbers: [Int]) -> [UInt8] {
    ([numbers.count] + numbers).flatMap { number in
      (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }
  }
}
