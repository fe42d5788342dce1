import AutodidactClient
import Files
import Messages

/// Brings the features of a corpus' texts into the store, going on where an earlier run stopped.
struct CorpusEncoding {
  let corpus: Corpus
  let fields: SampleFields
  let encoder: TextEncoder
  let observer: PipelineObserver

  /// Encodes the texts that the store lacks.
  func fill(_ store: FeatureStore) async throws {
    let total = corpus.textCount
    let stored = store.rowCount
    guard stored < total else { return }
    if stored > 0 {
      observer(.note("\(stored.counted("text")) encoded already; going on from there"))
    }
    var texts = CorpusTexts(corpus, fields: fields)
    for _ in 0..<stored { _ = try texts.next() }
    observer(.progress(stage: "encoding", done: stored, total: total))
    try await encoder.encode(next: { try texts.next() }) { chunk in
      guard store.dimensions == 0 || store.dimensions == chunk.dimensions else {
        throw SelfTrainingError.badAnswer(
          "\(chunk.dimensions) dimensions after \(store.dimensions)")
      }
      try chunk.features.data.withUnsafeBytes { bytes in
        if let row = Self.firstBadRow(in: bytes, dimensions: chunk.dimensions) {
          throw SelfTrainingError.badAnswer(
            "text \(store.rowCount + row) has a feature that is not a number")
        }
        try store.append(
          bytes, rowCount: chunk.rowCount, truncatedCount: chunk.truncatedRows.count)
      }
      observer(.progress(stage: "encoding", done: store.rowCount, total: total))
    }
    guard store.rowCount == total else {
      throw SelfTrainingError.badAnswer("\(store.rowCount) rows for \(total) texts")
    }
  }

  /// The first row with a value that is not finite.
  private static func firstBadRow(in bytes: UnsafeRawBufferPointer, dimensions: Int) -> Int? {
    let values = bytes.bindMemory(to: Float.self)
    // The sum of squares of finite numbers of any sane size is finite: one pass without branches.
    let sum = values.reduce(Float(0)) { $0 + $1 * $1 }
    guard !sum.isFinite else { return nil }
    return values.firstIndex { !$0.isFinite }.map { $0 / dimensions }
  }
}
