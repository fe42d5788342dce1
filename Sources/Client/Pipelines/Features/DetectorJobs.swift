package import AutodidactClient
package import Messages

/// Work on detectors with features from files: fitting, scoring, evaluating.
package struct DetectorJobs {
  private let client: OODDetectorClient
  private let observer: PipelineObserver

  /// Jobs for the OOD service of `suite`.
  package init(suite: Autodidact, observer: @escaping PipelineObserver) {
    client = suite.ood
    self.observer = observer
  }

  /// Fits and stores a detector; `heldOut` calibrates it.
  package func fit(
    _ header: FitDetectorHeader, features: FeatureFile, labels: [Int64]?, heldOut: FeatureFile?
  ) async throws -> Detector {
    if let labels, labels.count != features.rowCount {
      throw FeatureFileError.rowCounts(
        path: features.path, features.rowCount, other: "the file of labels", labels.count)
    }
    let total = features.rowCount + (heldOut?.rowCount ?? 0)
    var sent = 0
    let call = try await client.fit()
    let response = try await call.response { send in
      try await send(FitDetectorRequest(part: .header(header)))
      for (file, role) in [(features, FeatureRole.fit)] + (heldOut.map { [($0, .heldOut)] } ?? []) {
        for rows in FeatureChunks.ranges(rowCount: file.rowCount, dimensions: file.dimensions) {
          var chunk = FeatureChunk(role: role, features: try file.tensor(ofRows: rows))
          if role == .fit, let labels { chunk.labels = Array(labels[rows]) }
          try await send(FitDetectorRequest(part: .chunk(chunk)))
          sent += rows.count
          observer(.progress(stage: "sending features", done: sent, total: total))
        }
      }
    }
    return response.detector ?? Detector()
  }

  /// Scores every row of a file and writes the scores to a file; returns how many were flagged.
  package func score(
    detector: String, features: FeatureFile, output: String
  ) async throws -> (rowCount: Int, flaggedCount: Int, isCalibrated: Bool) {
    var writer = try FeatureWriter(path: output)
    var flaggedCount = 0
    var isCalibrated = false
    let call = try await client.scoreStream()
    var answers = call.responses.makeAsyncIterator()
    var sequence: UInt64 = 0
    for rows in FeatureChunks.ranges(
      rowCount: features.rowCount, dimensions: features.dimensions)
    {
      var request = ScoreRequest(
        sequence: sequence, features: try features.tensor(ofRows: rows))
      if sequence == 0 { request.detector = detector }
      try await call.send(request, orCauseIn: &answers)
      guard let answer = try await answers.next(), answer.scores.count == rows.count else {
        throw SelfTrainingError.badAnswer("no scores for rows \(rows)")
      }
      sequence += 1
      try answer.scores.withUnsafeBytes { try writer.append($0, dimensions: 1) }
      flaggedCount += answer.outOfDistribution.count { $0 }
      isCalibrated = !answer.outOfDistribution.isEmpty
      observer(.progress(stage: "scoring", done: rows.upperBound, total: features.rowCount))
    }
    try await call.finish()
    try writer.commit()
    return (features.rowCount, flaggedCount, isCalibrated)
  }

  /// How well a detector tells the rows of one file from those of another.
  package func evaluate(
    detector: String, inDistribution: FeatureFile, outOfDistribution: FeatureFile
  ) async throws -> EvaluateDetectorResponse {
    let call = try await client.evaluate()
    let total = inDistribution.rowCount + outOfDistribution.rowCount
    var sent = 0
    return try await call.response { send in
      for (file, isOutside) in [(inDistribution, false), (outOfDistribution, true)] {
        for rows in FeatureChunks.ranges(rowCount: file.rowCount, dimensions: file.dimensions) {
          var request = EvaluateDetectorRequest(
            features: try file.tensor(ofRows: rows), outOfDistribution: isOutside)
          if sent == 0 { request.detector = detector }
          try await send(request)
          sent += rows.count
          observer(.progress(stage: "evaluating", done: sent, total: total))
        }
      }
    }
  }
}
