package import Tensors

/// The rows of a self-training run: the labelled ones first, then the unlabelled ones.
package struct SelfTrainingData: Sendable {
  /// The features `[labelled + unlabelled, dimensions]`, finite.
  package let features: Matrix<Float>
  /// The class of each labelled row.
  package let labels: [Int]
  /// The class names.
  package let classNames: [String]
  /// Whether a detector outside called an unlabelled row foreign, `[unlabelled]`.
  package let isForeign: [Bool]
  /// Whether the detector called any row foreign.
  let hasForeignRows: Bool

  /// What is wrong with the rows of a run.
  package enum Failure: Error, Equatable {
    /// There is no labelled row.
    case noLabels
    /// There are labels of one class, or class names of one class, only.
    case oneClassOnly(String)
    /// No labelled row is of this class.
    case classWithoutLabel(String)
    /// A label is not the index of a class.
    case labelOutOfRange(label: Int, row: Int, classCount: Int)
    /// There is no unlabelled row.
    case noUnlabelledRows
    /// The two parts have different numbers of columns.
    case dimensionsDiffer(labelled: Int, unlabelled: Int)
    /// A feature is NaN or infinite.
    case notFinite(isLabelled: Bool, row: Int, column: Int)
  }

  /// Joins and checks the rows; nil for `isForeign` means that no detector was asked.
  ///
  /// Cost: one copy of the features.
  package init(
    labelled: Matrix<Float>, labels: [Int], unlabelled: Matrix<Float>, classNames: [String],
    isForeign: [Bool]? = nil
  ) throws(Failure) {
    precondition(
      labels.count == labelled.rowCount, "\(labels.count) labels for \(labelled.rowCount) rows")
    let isForeign = isForeign ?? [Bool](repeating: false, count: unlabelled.rowCount)
    precondition(
      isForeign.count == unlabelled.rowCount,
      "\(isForeign.count) verdicts for \(unlabelled.rowCount) rows")
    try Self.checkLabels(labels, classNames: classNames)
    guard unlabelled.rowCount > 0 else { throw .noUnlabelledRows }
    guard labelled.columnCount == unlabelled.columnCount else {
      throw .dimensionsDiffer(
        labelled: labelled.columnCount, unlabelled: unlabelled.columnCount)
    }
    for (matrix, isLabelled) in [(labelled, true), (unlabelled, false)] {
      if let place = matrix.firstNonFinite() {
        throw .notFinite(isLabelled: isLabelled, row: place.row, column: place.column)
      }
    }
    features = labelled.appending(unlabelled)
    self.labels = labels
    self.classNames = classNames
    self.isForeign = isForeign
    hasForeignRows = isForeign.contains(true)
  }

  /// Checks that there are at least two classes and that each has a label.
  package static func checkLabels(
    _ labels: [Int], classNames: [String]
  ) throws(Failure) {
    guard !labels.isEmpty else { throw .noLabels }
    var counts = [Int](repeating: 0, count: classNames.count)
    for (row, label) in labels.enumerated() {
      guard classNames.indices.contains(label) else {
        throw .labelOutOfRange(label: label, row: row, classCount: classNames.count)
      }
      counts[label] += 1
    }
    let present = counts.indices.filter { counts[$0] > 0 }
    guard present.count > 1 else { throw .oneClassOnly(classNames[present[0]]) }
    if let missing = counts.firstIndex(of: 0) { throw .classWithoutLabel(classNames[missing]) }
  }

  /// The number of classes.
  package var classCount: Int { classNames.count }
  /// The number of labelled rows.
  package var labelledCount: Int { labels.count }
  /// The number of unlabelled rows.
  package var unlabelledCount: Int { features.rowCount - labels.count }
  /// The rows of `features` that have no label.
  package var unlabelledRows: Range<Int> { labels.count..<features.rowCount }
}

extension Matrix {
  /// The rows of `self`, then those of `other`, which has as many columns.
  func appending(_ other: Matrix) -> Matrix {
    precondition(columnCount == other.columnCount, "\(columnCount) and \(other.columnCount)")
    return Matrix(rowCount: rowCount + other.rowCount, columnCount: columnCount) { target in
      withUnsafeBufferPointer { _ = target.update(fromContentsOf: $0) }
      let rest = UnsafeMutableBufferPointer(rebasing: target[count...])
      other.withUnsafeBufferPointer { _ = rest.update(fromContentsOf: $0) }
    }
  }
}
