package import AutodidactClient
import Files
import FoundationEssentials
package import Messages

/// Work on heads with features from files: fitting and labelling.
package struct HeadJobs {
  private let client: TeacherClient
  private let observer: PipelineObserver

  /// Jobs for the teacher of `suite`.
  package init(suite: Autodidact, observer: @escaping PipelineObserver) {
    client = suite.teacher
    self.observer = observer
  }

  /// Fits a head on labelled rows.
  package func fit(
    features: FeatureFile, labels: LabelFile, options: HeadOptions
  ) async throws -> FitHeadResponse {
    guard labels.indices.count == features.rowCount else {
      throw FeatureFileError.rowCounts(
        path: features.path, features.rowCount, other: labels.path, labels.indices.count)
    }
    let call = try await client.fitHead()
    return try await call.response { send in
      let header = FitHeadHeader(classes: labels.classes, options: options)
      try await send(FitHeadRequest(part: .header(header)))
      for rows in FeatureChunks.ranges(
        rowCount: features.rowCount, dimensions: features.dimensions)
      {
        let chunk = TrainingChunk(
          features: try features.tensor(ofRows: rows),
          labels: labels.indices[rows].map { UInt32($0) })
        try await send(FitHeadRequest(part: .chunk(chunk)))
        observer(
          .progress(stage: "sending features", done: rows.upperBound, total: features.rowCount))
      }
    }
  }

  /// Labels every row of a file and writes lines of `row`, `label` and `confidence`.
  package func label(
    head: HeadReference, features: FeatureFile, output: String
  ) async throws -> Int {
    let lines = try LineOutput(path: output)
    let encoder = JSONText.encoder()
    let call = try await client.predictStream()
    var answers = call.responses.makeAsyncIterator()
    var classes: [String] = []
    for (sequence, rows) in FeatureChunks.ranges(
      rowCount: features.rowCount, dimensions: features.dimensions
    ).enumerated() {
      var request = PredictRequest(
        sequence: UInt64(sequence), features: try features.tensor(ofRows: rows))
      if sequence == 0 { request.head = head }
      try await call.send(request, orCauseIn: &answers)
      guard let answer = try await answers.next(), answer.labels.count == rows.count,
        answer.confidences.count == rows.count
      else { throw SelfTrainingError.badAnswer("no labels for rows \(rows)") }
      if sequence == 0 { classes = answer.classes }
      for (offset, row) in rows.enumerated() {
        let index = Int(answer.labels[offset])
        guard index < classes.count else {
          throw SelfTrainingError.badAnswer("class \(index) of \(classes.count)")
        }
        let line = LabelledRow(
          row: row, label: classes[index], confidence: answer.confidences[offset])
        try lines.append(Array(try encoder.encode(line)))
      }
      observer(.progress(stage: "labelling", done: rows.upperBound, total: features.rowCount))
    }
    try await call.finish()
    try lines.commit()
    return features.rowCount
  }

  private struct LabelledRow: Encodable {
    var row: Int
    var label: String
    var confidence: Float
  }
}

/// The classes of rows, from a JSON Lines file.
package struct LabelFile: Sendable, Equatable {
  /// The file's path.
  package let path: String
  /// The class names, sorted.
  package let classes: [String]
  /// The class of each row, an index into `classes`.
  package let indices: [Int]

  /// Reads the file at `path`, which has a label in each line.
  package init(path: String, fields: SampleFields) throws(InputError) {
    self.path = path
    var names: [String] = []
    var reader = try SampleReader(path: path, fields: fields, requirement: .label)
    while let sample = try reader.next() { names.append(sample.label ?? "") }
    classes = Set(names).sorted {
      $0.unicodeScalars.lexicographicallyPrecedes($1.unicodeScalars)
    }
    let places = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
    indices = names.map { places[$0] ?? 0 }
  }
}
