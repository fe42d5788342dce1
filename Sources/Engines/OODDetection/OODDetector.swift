package import Methods
package import Statistics
package import Tensors

/// A fitted scorer with what is known of its data and, once calibrated, its threshold.
package struct OODDetector: Sendable {
  /// The fitted method.
  package let scorer: any OODScorer
  /// What was found in the data that it was fitted on.
  package let survey: ReferenceSurvey
  /// The SHA-256 of the data that it was fitted on.
  package let referenceDigest: [UInt8]
  /// The digest of the encoder that made the features, as the caller gave it; may be empty.
  package let encoderDigest: String
  /// The threshold and the scores it stands on, once calibrated.
  package let calibration: Calibration?

  /// A threshold and the scores it was taken from.
  package struct Calibration: Sendable, Equatable {
    /// The threshold.
    package let threshold: ConformalThreshold
    /// The scores of the held-out rows, ascending.
    package let scores: [Float]
    /// The p-values against those scores.
    package let pValues: ConformalPValues

    init(
      scores: [Float], falseAlarmRate: Double, guarantee: ConformalThreshold.Guarantee
    ) throws(ConformalThreshold.Failure) {
      let doubles = scores.map(Double.init)
      threshold = try ConformalThreshold(
        calibrationScores: doubles, falseAlarmRate: falseAlarmRate, guarantee: guarantee)
      self.scores = scores.sorted()
      pValues = ConformalPValues(calibrationScores: doubles)
    }
  }

  /// Fits a method on the known distribution.
  package init<Scorer: OODScorer>(
    fitting method: Scorer.Type, _ parameters: Scorer.Parameters, on reference: ReferenceSet,
    encoderDigest: String = ""
  ) throws(FitError) {
    scorer = try Scorer.fitted(parameters, on: reference)
    survey = ReferenceSurvey(reference)
    referenceDigest = reference.digest()
    self.encoderDigest = encoderDigest
    calibration = nil
  }

  init(
    scorer: any OODScorer, survey: ReferenceSurvey, referenceDigest: [UInt8],
    encoderDigest: String, calibration: Calibration?
  ) {
    self.scorer = scorer
    self.survey = survey
    self.referenceDigest = referenceDigest
    self.encoderDigest = encoderDigest
    self.calibration = calibration
  }

  /// What the method is.
  package var card: MethodCard { type(of: scorer).card }

  /// The number of dimensions of the features.
  package var dimensionCount: Int { scorer.dimensionCount }

  /// The findings that a person should see, as sentences.
  package var remarks: [String] {
    survey.remarks(covarianceRank: scorer.covarianceRank, dimensionCount: dimensionCount)
  }

  /// The scores of `features` `[rows, dimensions]`, one a row; higher is more out of distribution.
  package func scores(_ features: Matrix<Float>) throws(FeatureError) -> [Float] {
    try FeatureError.check(features, dimensionCount: dimensionCount)
    return scorer.scores(features)
  }

  /// The detector with its threshold set by the scores of held-out known features.
  package func calibrated(
    onScores scores: [Float], falseAlarmRate: Double,
    guarantee: ConformalThreshold.Guarantee = .marginal
  ) throws(ConformalThreshold.Failure) -> OODDetector {
    OODDetector(
      scorer: scorer, survey: survey, referenceDigest: referenceDigest,
      encoderDigest: encoderDigest,
      calibration: try Calibration(
        scores: scores, falseAlarmRate: falseAlarmRate, guarantee: guarantee))
  }
}
