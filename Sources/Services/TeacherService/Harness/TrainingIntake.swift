internal import Gradients
internal import Messages
internal import PseudoLabeling
internal import Tensors

/// Gathers and checks the chunks of a fit.
struct TrainingIntake {
  private let classCount: Int
  private let limits: TeacherConfiguration
  private var chunks: [Matrix<Float>] = []
  private var targets: [Matrix<Float>] = []
  private var labels: [Int] = []
  private var weights: [Float] = []
  private var rowCount = 0

  init(classCount: Int, limits: TeacherConfiguration) {
    self.classCount = classCount
    self.limits = limits
  }

  /// Takes a chunk; errors name rows counted over all chunks.
  mutating func append(_ chunk: TrainingChunk) throws(TeacherServiceError) {
    let rows = try (chunk.features ?? Tensor()).rows(
      firstRow: rowCount, place: "the training rows")
    if let first = chunks.first, first.columnCount != rows.columnCount {
      throw .dimensions(expected: first.columnCount, actual: rows.columnCount)
    }
    try TeacherConfiguration.checkHead(classCount: classCount, dimensions: rows.columnCount)
    if let message = chunk.targets {
      try append(try message.rows(firstRow: rowCount, place: "the targets"), rows.rowCount)
    } else {
      guard chunk.labels.count == rows.rowCount else {
        throw .countsDiffer(what: "labels", count: chunk.labels.count, rowCount: rows.rowCount)
      }
      for (index, label) in chunk.labels.enumerated() where label >= classCount {
        throw .data(
          .labelOutOfRange(label: Int(label), row: rowCount + index, classCount: classCount))
      }
      labels += chunk.labels.map { Int($0) }
    }
    guard labels.isEmpty || targets.isEmpty else {
      throw .unexpected(part: "labels beside targets")
    }
    guard chunk.weights.isEmpty || chunk.weights.count == rows.rowCount else {
      throw .countsDiffer(what: "weights", count: chunk.weights.count, rowCount: rows.rowCount)
    }
    for weight in chunk.weights where !(weight >= 0 && weight.isFinite) {
      throw .outOfRange(name: "weight", value: "\(weight)", range: "finite numbers from 0 on")
    }
    weights +=
      chunk.weights.isEmpty ? [Float](repeating: 1, count: rows.rowCount) : chunk.weights
    chunks.append(rows)
    rowCount += rows.rowCount
    guard rowCount <= limits.rowCountMax else {
      throw .beyondLimit(what: "rows", value: rowCount, limit: limits.rowCountMax)
    }
    let bytes = rowCount * rows.columnCount * 8
    guard bytes <= limits.memoryBytesMax else {
      throw .beyondLimit(
        what: "bytes of features (memory.bytes)", value: bytes, limit: limits.memoryBytesMax)
    }
  }

  private mutating func append(
    _ rows: Matrix<Float>, _ count: Int
  ) throws(TeacherServiceError) {
    guard rows.rowCount == count, rows.columnCount == classCount else {
      throw .countsDiffer(
        what: "targets of \(rows.columnCount) classes", count: rows.rowCount, rowCount: count)
    }
    for row in 0..<rows.rowCount {
      let values = rows.row(row)
      guard values.allSatisfy({ $0 >= 0 }), abs(values.reduce(0, +) - 1) < 1e-3 else {
        throw .outOfRange(
          name: "targets of row \(rowCount + row)", value: "\(values.reduce(0, +)) in sum",
          range: "shares from 0 on that sum to 1")
      }
    }
    targets.append(rows)
  }

  /// The set of all rows, and their labels where they are hard.
  func finished(
    classNames: [String]
  ) throws(TeacherServiceError) -> (set: TrainingSet, labels: [Int]?) {
    let features = chunks.joinedRows()
    guard targets.isEmpty else {
      return (
        TrainingSet(
          features: features, targets: .soft(targets.joinedRows()), weights: weights,
          classCount: classCount), nil
      )
    }
    do throws(SelfTrainingData.Failure) {
      try SelfTrainingData.checkLabels(labels, classNames: classNames)
    } catch {
      throw .data(error)
    }
    return (
      TrainingSet(
        features: features, targets: .hard(labels), weights: weights, classCount: classCount),
      labels
    )
  }
}

extension [Matrix<Float>] {
  /// The rows of all matrices, which have as many columns, one under the other.
  func joinedRows() -> Matrix<Float> {
    let width = first?.columnCount ?? 0
    return Matrix(rowCount: reduce(0) { $0 + $1.rowCount }, columnCount: width) { target in
      var offset = 0
      for matrix in self {
        matrix.withUnsafeBufferPointer { source in
          let part = UnsafeMutableBufferPointer(rebasing: target[offset..<offset + source.count])
          _ = part.update(fromContentsOf: source)
        }
        offset += matrix.count
      }
    }
  }
}
