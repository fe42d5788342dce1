private import RealModule
package import Statistics

/// How well probabilities mean what they say.
package struct CalibrationQuality: Sendable, Equatable {
  /// The expected calibration error over 15 equal bins.
  package let expectedCalibrationError: Double
  /// The mean squared error of the probability.
  package let brierScore: Double
  /// The mean negative log-likelihood in nats, probabilities clipped to `1e-6...1 - 1e-6`.
  package let negativeLogLikelihood: Double
  /// The reliability diagram.
  package let bins: [ReliabilityBin]

  /// Measures probabilities against outcomes between wrong, 0, and right, 1; at least one.
  package init(probabilities: [Double], outcomes: [Double]) {
    precondition(
      probabilities.count == outcomes.count && !outcomes.isEmpty,
      "\(probabilities.count) probabilities for \(outcomes.count) outcomes")
    let count = Double(outcomes.count)
    bins = reliabilityBins(confidences: probabilities, outcomes: outcomes)
    expectedCalibrationError = Statistics.expectedCalibrationError(of: bins)
    var squares = 0.0
    var likelihood = 0.0
    for (probability, outcome) in zip(probabilities, outcomes) {
      squares += (probability - outcome) * (probability - outcome)
      let clipped = min(max(probability, 1e-6), 1 - 1e-6)
      likelihood -=
        outcome * Double.log(clipped) + (1 - outcome) * Double.log(onePlus: -clipped)
    }
    brierScore = squares / count
    negativeLogLikelihood = likelihood / count
  }

  /// Measures a method by cross-fitting: every answer gets its probability from a calibrator that
  /// saw no answer to its prompt.
  ///
  /// Prompts are dealt out to five folds in the order of their names. A fold whose rest cannot be
  /// calibrated takes the calibrator of all answers.
  package init(
    _ method: CalibrationMethod, scores: [Double], outcomes: [Double], prompts: [String]
  ) throws(CalibrationError) {
    let whole = try method.fitted(scores: scores, outcomes: outcomes)
    let names = Set(prompts).sorted()
    let folds = Dictionary(
      uniqueKeysWithValues: names.enumerated().map { ($0.element, $0.offset % 5) })
    var probabilities = [Double](repeating: 0, count: scores.count)
    for fold in 0..<5 {
      let rest = prompts.indices.filter { folds[prompts[$0]] != fold }
      var calibrator = whole
      do throws(CalibrationError) {
        calibrator = try method.fitted(
          scores: rest.map { scores[$0] }, outcomes: rest.map { outcomes[$0] })
      } catch {
        // ignoring: too few of one kind are left; the calibrator of all answers stands in.
        calibrator = whole
      }
      for index in prompts.indices where folds[prompts[index]] == fold {
        probabilities[index] = calibrator.probability(of: scores[index]).value
      }
    }
    self.init(probabilities: probabilities, outcomes: outcomes)
  }
}
