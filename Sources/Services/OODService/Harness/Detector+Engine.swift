package import Messages
package import OODDetection

internal import Methods
internal import Statistics

extension Detector {
  /// What a caller is told about a stored detector.
  package init(
    _ detector: OODDetector, name: String, digest: String, stateBytes: Int,
    createdUnixNanoseconds: Int64, notes: [String]
  ) {
    self.init()
    self.name = name
    method = OODMethod(of: detector.scorer)
    self.digest = digest
    dimensions = UInt32(detector.dimensionCount)
    fittedRowCount = UInt64(detector.survey.rowCount)
    classCount = UInt32(detector.survey.classCount)
    covarianceRank = UInt32(detector.scorer.covarianceRank ?? 0)
    threshold = Threshold(detector.calibration)
    self.stateBytes = UInt64(stateBytes)
    self.createdUnixNanoseconds = createdUnixNanoseconds
    encoderDigest = detector.encoderDigest
    remarks = detector.remarks + notes
  }
}

extension Threshold {
  init(_ calibration: OODDetector.Calibration?) {
    self.init()
    guard let calibration else { return }
    calibrated = true
    score = calibration.threshold.value
    falseAlarmRate = calibration.threshold.falseAlarmRate
    calibrationRowCount = UInt64(calibration.threshold.calibrationCount)
    if case .conditional(let confidence) = calibration.threshold.guarantee {
      self.confidence = confidence
    }
  }
}

extension Method {
  /// A method of this family as callers see it.
  init(_ card: MethodCard) {
    self.init()
    id = card.id
    title = card.title
    family = "ood"
    source = card.source
    needs = card.needs.sorted().map { $0.rawValue }
    summary = card.summary
  }
}
