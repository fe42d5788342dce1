private import Tensors

/// What is worth knowing about the rows that a detector was fitted on.
package struct ReferenceSurvey: Sendable, Equatable {
  /// The number of rows.
  package let rowCount: Int
  /// The number of classes; 0 without labels.
  package let classCount: Int
  /// The number of dimensions that hold one value in every row.
  package let constantDimensionCount: Int
  /// The number of rows that equal an earlier row.
  package let duplicateRowCount: Int
  /// The number of classes with a single row.
  package let singleRowClassCount: Int
  /// The number of rows that are all zero.
  package let zeroRowCount: Int

  /// Looks at every row once.
  ///
  /// Cost: one pass and a hash a row. Duplicates are counted by 64-bit hashes of the elements.
  package init(_ reference: ReferenceSet) {
    rowCount = reference.features.rowCount
    classCount = reference.classes.count
    var counts = [Int](repeating: 0, count: reference.classes.count)
    for label in reference.labels ?? [] { counts[label] += 1 }
    singleRowClassCount = counts.count { $0 == 1 }
    let width = reference.dimensionCount
    let rows = reference.features.rowCount
    (constantDimensionCount, duplicateRowCount, zeroRowCount) =
      reference.features.withUnsafeBufferPointer { elements in
        var isConstant = [Bool](repeating: true, count: width)
        var seen: Set<UInt64> = []
        seen.reserveCapacity(rows)
        var duplicates = 0
        var zeros = 0
        for row in 0..<rows {
          var hash: UInt64 = 0xcbf2_9ce4_8422_2325
          var isZero = true
          for column in 0..<width {
            let value = elements[row * width + column]
            if value != elements[column] { isConstant[column] = false }
            if value != 0 { isZero = false }
            hash = (hash ^ UInt64((value + 0).bitPattern)) &* 0x9e37_79b9_7f4a_7c15
            hash ^= hash >> 29
          }
          if !seen.insert(hash).inserted { duplicates += 1 }
          if isZero { zeros += 1 }
        }
        return (rows > 1 ? isConstant.count { $0 } : 0, duplicates, zeros)
      }
  }

  init(
    rowCount: Int, classCount: Int, constantDimensionCount: Int, duplicateRowCount: Int,
    singleRowClassCount: Int, zeroRowCount: Int
  ) {
    self.rowCount = rowCount
    self.classCount = classCount
    self.constantDimensionCount = constantDimensionCount
    self.duplicateRowCount = duplicateRowCount
    self.singleRowClassCount = singleRowClassCount
    self.zeroRowCount = zeroRowCount
  }

  /// The findings that a person should see, as sentences.
  package func remarks(covarianceRank: Int?, dimensionCount: Int) -> [String] {
    var remarks: [String] = []
    func note(_ count: Int, _ text: String) { if count > 0 { remarks.append("\(count) \(text)") } }
    note(constantDimensionCount, "of \(dimensionCount) dimensions are constant")
    note(duplicateRowCount, "of \(rowCount) rows repeat an earlier row")
    note(zeroRowCount, "of \(rowCount) rows are zero")
    note(singleRowClassCount, "of \(classCount) classes have a single row")
    if let covarianceRank, covarianceRank < dimensionCount {
      remarks.append("the covariance has rank \(covarianceRank) of \(dimensionCount)")
    }
    return remarks
  }
}
