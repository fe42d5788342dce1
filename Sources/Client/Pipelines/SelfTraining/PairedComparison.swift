import AutodidactClient
import Messages
import TTRPC

/// Two classifiers on the same test rows, row by row.
///
/// Differences of accuracies on the same rows are much surer than those on different rows: only the
/// rows on which the two disagree count (McNemar 1947).
struct PairedComparison: Equatable {
  /// Rows that only the second classifier has right.
  var gainedCount = 0
  /// Rows that only the first classifier has right.
  var lostCount = 0
  var rowCount = 0

  /// The second's accuracy minus the first's.
  var difference: Double {
    rowCount == 0 ? 0 : Double(gainedCount - lostCount) / Double(rowCount)
  }

  /// The standard error of `difference`.
  var standardError: Double {
    guard rowCount > 0 else { return 0 }
    let (n, d) = (Double(rowCount), Double(gainedCount - lostCount))
    return max(0, Double(gainedCount + lostCount) - d * d / n).squareRoot() / n
  }

  /// Asks the teacher for both heads' predictions of the test rows.
  init(
    teacher: TeacherClient, first: Head, second: Head, corpus: Corpus, store: FeatureStore
  ) async throws {
    guard let test = corpus.test else { return }
    rowCount = test.count
    guard first.digest != second.digest else { return }
    let ranges = FeatureChunks.ranges(rowCount: test.count, dimensions: store.dimensions)
    for range in ranges {
      let features = try store.tensor(ofRows: test.textIndices[range])
      let old = try await Self.labels(teacher, first, features)
      let new = try await Self.labels(teacher, second, features)
      guard old.count == range.count, new.count == range.count else {
        throw SelfTrainingError.badAnswer("\(old.count) predictions for \(range.count) rows")
      }
      for (offset, truth) in test.labels[range].enumerated() {
        let (wasRight, isRight) = (old[offset] == truth, new[offset] == truth)
        if isRight, !wasRight { gainedCount += 1 }
        if wasRight, !isRight { lostCount += 1 }
      }
    }
  }

  init() {}

  private static func labels(
    _ teacher: TeacherClient, _ head: Head, _ features: Tensor
  ) async throws -> [UInt32] {
    var request = PredictRequest()
    request.head = HeadReference(reference: .head(head))
    request.features = features
    return try await teacher.predict(request).labels
  }
}
