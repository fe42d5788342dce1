package import Daemon
package import Messages
internal import OODDetection
package import Scheduling
internal import Statistics
package import TTRPC
internal import Tensors

/// Fits, stores and applies out-of-distribution detectors.
///
/// All work on numbers and files runs on compute executors of its own: long fits on one, scoring on
/// another, so that a fit does not hold up scores.
package struct OODDetectorService: OODDetectorServing {
  let store: DetectorStore
  let configuration: OODServiceConfiguration
  let fitting: ComputeExecutor
  let scoring: ComputeExecutor
  /// Nanoseconds since 1970.
  let now: @Sendable () -> Int64
  /// Hears of each scored batch: its rows, and how many are beyond the detector's threshold.
  let scored: @Sendable (_ rowCount: Int, _ foreignCount: Int) -> Void

  /// Creates the service over a store.
  package init(
    store: DetectorStore, configuration: OODServiceConfiguration, fitting: ComputeExecutor,
    scoring: ComputeExecutor, now: @escaping @Sendable () -> Int64,
    scored: @escaping @Sendable (_ rowCount: Int, _ foreignCount: Int) -> Void = { _, _ in }
  ) {
    self.store = store
    self.configuration = configuration
    self.fitting = fitting
    self.scoring = scoring
    self.now = now
    self.scored = scored
  }

  /// The rate of false alarms where the caller names none.
  static let falseAlarmRateDefault = 0.05

  /// Fits a detector on the chunks of the stream, calibrates it on the held-out ones and stores it.
  package func fit(
    _ requests: MessageSource<FitDetectorRequest>, context: ServerContext
  ) async throws -> FitDetectorResponse {
    var iterator = requests.makeAsyncIterator()
    guard case .header(let header)? = try await iterator.next()?.part else {
      throw OODServiceError.missingFirst(expected: "the header")
    }
    try DetectorStore.check(header.name)
    try Self.check(rate: header.falseAlarmRate, named: "false_alarm_rate")
    let head = try header.head.map { try LinearHead($0) }
    let reservation = try store.reserve(0, for: "features to fit")
    var toFit = FeatureIntake(.fit)
    var heldOut = FeatureIntake(.heldOut)
    while let request = try await iterator.next() {
      guard case .chunk(let chunk)? = request.part else {
        throw OODServiceError.unexpected(part: "the header")
      }
      let features = try (chunk.features ?? Tensor()).featureMatrix()
      // Fitting takes the rows once as they are and once normalised and packed, then their bytes.
      try reservation.grow(by: features.count * 4 * 4, for: "features to fit")
      switch chunk.role {
      case .unspecified, .fit: try toFit.append(features, labels: chunk.labels)
      case .heldOut: try heldOut.append(features, labels: [])
      }
    }
    let (labels, fitRows, heldOutRows) = (toFit.allLabels, toFit, heldOut)
    return try await fitting.run {
      defer { withExtendedLifetime(reservation) {} }
      guard let features = fitRows.joined() else { throw FitError.noRows(.fit) }
      let reference = try ReferenceSet(
        features: features, labels: labels, head: head, heldOut: heldOutRows.joined())
      let detector = try OODMethod.fit(
        header.method, on: reference, encoderDigest: header.encoderDigest)
      let (calibrated, notes) = try calibrated(
        detector, on: reference, falseAlarmRate: header.falseAlarmRate)
      let record = try store.save(
        calibrated, as: header.name, createdUnixNanoseconds: now(), notes: notes)
      return FitDetectorResponse(detector: record)
    }
  }

  /// The detector calibrated on the held-out features, where there are any.
  ///
  /// Too few of them are an error where the caller named a rate, and a remark where not.
  private func calibrated(
    _ detector: OODDetector, on reference: ReferenceSet, falseAlarmRate: Double
  ) throws -> (OODDetector, notes: [String]) {
    guard let heldOut = reference.heldOut else { return (detector, []) }
    let scores = try detector.scores(heldOut)
    do throws(ConformalThreshold.Failure) {
      let rate = falseAlarmRate == 0 ? Self.falseAlarmRateDefault : falseAlarmRate
      return (try detector.calibrated(onScores: scores, falseAlarmRate: rate), [])
    } catch {
      if case .tooFewScores = error, falseAlarmRate == 0 {
        return (detector, ["not calibrated: \(error)"])
      }
      throw error
    }
  }

  /// Sets a detector's threshold from the scores of held-out features.
  package func calibrate(
    _ requests: MessageSource<CalibrateRequest>, context: ServerContext
  ) async throws -> CalibrateResponse {
    var iterator = requests.makeAsyncIterator()
    guard let first = try await iterator.next() else {
      throw OODServiceError.missingFirst(expected: "the detector's name")
    }
    try Self.check(rate: first.falseAlarmRate, named: "false_alarm_rate")
    try Self.check(rate: first.confidence, named: "confidence")
    let (record, detector) = try await scoring.run { try store.detector(first.detector) }
    let reservation = try store.reserve(0, for: "calibration scores")
    var scores: [Float] = []
    var request: CalibrateRequest? = first
    while let current = request {
      if let features = current.features {
        scores += try await score(features, with: detector, after: scores.count)
        try reservation.grow(by: Int(features.shape.first ?? 0) * 16, for: "calibration scores")
      }
      request = try await iterator.next()
    }
    let (allScores, created) = (scores, record.createdUnixNanoseconds)
    return try await fitting.run {
      let calibrated = try detector.calibrated(
        onScores: allScores,
        falseAlarmRate: first.falseAlarmRate == 0
          ? Self.falseAlarmRateDefault : first.falseAlarmRate,
        guarantee: first.confidence == 0
          ? .marginal : .conditional(confidence: first.confidence))
      return CalibrateResponse(
        detector: try store.save(
          calibrated, as: first.detector, createdUnixNanoseconds: created,
          replacing: record.digest))
    }
  }

  /// Zero stands for the default; anything else lies between zero and one.
  private static func check(rate: Double, named name: String) throws(OODServiceError) {
    guard rate >= 0, rate < 1 else {
      throw .outOfRange(name: name, value: rate, range: "0 to below 1")
    }
  }

  /// The scores of a tensor; mistakes name rows counted after `rows` earlier ones.
  func score(
    _ tensor: Messages.Tensor, with detector: OODDetector, after rows: Int = 0
  ) async throws -> [Float] {
    let features = try tensor.featureMatrix()
    guard features.rowCount > 0 else { return [] }
    return try await scoring.run {
      do throws(FeatureError) {
        return try detector.scores(features)
      } catch {
        throw error.counted(after: rows)
      }
    }
  }
}
