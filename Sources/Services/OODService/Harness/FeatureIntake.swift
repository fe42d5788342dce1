internal import OODDetection
internal import Tensors

/// Gathers the chunks of one part of a fit into one matrix, checking each as it comes.
struct FeatureIntake {
  /// Which part this is, for messages.
  let part: FitError.Part
  private var chunks: [Matrix<Float>] = []
  private(set) var labels: [Int64] = []
  private(set) var rowCount = 0
  private var hasLabels: Bool?

  /// Starts without rows.
  init(_ part: FitError.Part) { self.part = part }

  /// The bytes of the rows so far.
  var byteCount: Int { chunks.reduce(0) { $0 + $1.count * 4 } }

  /// The labels, where every row has one.
  var allLabels: [Int64]? { hasLabels == true ? labels : nil }

  /// Takes the rows of a chunk; errors name rows counted over all chunks.
  mutating func append(_ features: Matrix<Float>, labels: [Int64]) throws {
    guard features.rowCount > 0 else { return }
    guard features.columnCount > 0, features.columnCount <= FeatureLimits.dimensionCountMax else {
      throw OODServiceError.outOfRange(
        name: "dimensions", value: Double(features.columnCount),
        range: "1 to \(FeatureLimits.dimensionCountMax)")
    }
    do throws(FeatureError) {
      try FeatureError.check(
        features, dimensionCount: chunks.first?.columnCount ?? features.columnCount)
    } catch {
      throw FitError.features(part, error.counted(after: rowCount))
    }
    guard labels.isEmpty || labels.count == features.rowCount else {
      throw FitError.labelCount(labels: labels.count, rows: features.rowCount)
    }
    guard hasLabels == nil || hasLabels == !labels.isEmpty else {
      throw OODServiceError.labelsInSomeChunks(row: rowCount)
    }
    hasLabels = !labels.isEmpty
    self.labels += labels
    rowCount += features.rowCount
    chunks.append(features)
  }

  /// All rows in one matrix, the chunks given up one after the other; nil without rows.
  consuming func joined() -> Matrix<Float>? {
    guard let first = chunks.first else { return nil }
    guard chunks.count > 1 else { return first }
    let width = first.columnCount
    var pieces = chunks
    chunks = []
    pieces.reverse()
    return Matrix(rowCount: rowCount, columnCount: width) { target in
      var offset = 0
      while let piece = pieces.popLast() {
        piece.withUnsafeBufferPointer { source in
          _ = UnsafeMutableBufferPointer(rebasing: target[offset..<offset + source.count])
            .update(fromContentsOf: source)
        }
        offset += piece.count
      }
    }
  }
}

extension FeatureError {
  /// The same mistake with its row counted after `rows` earlier ones.
  func counted(after rows: Int) -> FeatureError {
    switch self {
    case .notFinite(let row, let column): .notFinite(row: rows + row, column: column)
    case .tooLarge(let row, let column, let value):
      .tooLarge(row: rows + row, column: column, value: value)
    case .dimensions: self
    }
  }
}
