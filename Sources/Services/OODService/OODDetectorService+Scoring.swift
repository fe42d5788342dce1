package import Daemon
package import Messages
internal import OODDetection
internal import Statistics
internal import Scheduling
package import TTRPC

extension OODDetectorService {
  /// Scores one batch.
  package func score(
    _ request: ScoreRequest, context: ServerContext
  ) async throws -> ScoreResponse {
    let (record, detector) = try await scoring.run { try store.detector(request.detector) }
    return try await answer(request, detector, digest: record.digest)
  }

  /// Scores the batches of the stream in their order, all with the detector as it was at the first.
  package func scoreStream(
    _ requests: MessageSource<ScoreRequest>, context: ServerContext,
    responses: MessageSink<ScoreResponse>
  ) async throws {
    var iterator = requests.makeAsyncIterator()
    guard let first = try await iterator.next() else {
      throw OODServiceError.missingFirst(expected: "the detector's name")
    }
    let (record, detector) = try await scoring.run { try store.detector(first.detector) }
    var request: ScoreRequest? = first
    while let current = request {
      try await responses.send(try await answer(current, detector, digest: record.digest))
      request = try await iterator.next()
    }
  }

  private func answer(
    _ request: ScoreRequest, _ detector: OODDetector, digest: String
  ) async throws -> ScoreResponse {
    guard let features = request.features else {
      throw OODServiceError.missingFirst(expected: "features")
    }
    let scores = try await score(features, with: detector)
    var response = ScoreResponse()
    response.sequence = request.sequence
    response.detectorDigest = digest
    response.scores = scores
    if let calibration = detector.calibration {
      response.pValues = scores.map { Float(calibration.pValues(Double($0))) }
      response.outOfDistribution = scores.map { Double($0) > calibration.threshold.value }
      scored(scores.count, response.outOfDistribution.count { $0 })
    }
    return response
  }

  /// Measures how well a detector tells features of known origin apart.
  package func evaluate(
    _ requests: MessageSource<EvaluateDetectorRequest>, context: ServerContext
  ) async throws -> EvaluateDetectorResponse {
    var iterator = requests.makeAsyncIterator()
    guard let first = try await iterator.next() else {
      throw OODServiceError.missingFirst(expected: "the detector's name")
    }
    let (_, detector) = try await scoring.run { try store.detector(first.detector) }
    let reservation = try store.reserve(0, for: "scores to evaluate")
    var inside: [Float] = []
    var outside: [Float] = []
    var request: EvaluateDetectorRequest? = first
    while let current = request {
      if let features = current.features {
        let count = inside.count + outside.count
        let scores = try await score(features, with: detector, after: count)
        guard count + scores.count <= configuration.evaluationRowsMax else {
          throw OODServiceError.tooManyRows(limit: configuration.evaluationRowsMax)
        }
        // The scores, and in double precision their sorted copies.
        try reservation.grow(by: scores.count * 40, for: "scores to evaluate")
        if current.outOfDistribution { outside += scores } else { inside += scores }
      }
      request = try await iterator.next()
    }
    let (insideScores, outsideScores) = (inside, outside)
    return try await scoring.run {
      defer { withExtendedLifetime(reservation) {} }
      return try Self.evaluation(
        inside: insideScores, outside: outsideScores,
        threshold: detector.calibration?.threshold.value)
    }
  }

  private static func evaluation(
    inside: [Float], outside: [Float], threshold: Double?
  ) throws -> EvaluateDetectorResponse {
    let metrics = try DetectionMetrics(inDistribution: inside, outOfDistribution: outside)
    var response = EvaluateDetectorResponse()
    response.auroc = metrics.auroc
    response.fpr95OODPositive = metrics.fpr95OODPositive
    response.fpr95IDPositive = metrics.fpr95IDPositive
    response.auprIn = metrics.auprIn
    response.auprOut = metrics.auprOut
    response.inDistributionCount = UInt64(inside.count)
    response.outOfDistributionCount = UInt64(outside.count)
    if let threshold {
      func share(_ scores: [Float]) -> Double {
        Double(scores.count { Double($0) > threshold }) / Double(scores.count)
      }
      response.falseAlarmRate = share(inside)
      response.recall = share(outside)
    }
    return response
  }
}
