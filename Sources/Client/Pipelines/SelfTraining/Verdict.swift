/// What a run found, in one honest sentence.
struct Verdict {
  var basis: SelfTrainingResult.Basis
  var before: Double
  var after: Double
  /// The standard error of the difference; 0: not known.
  var standardError: Double
  /// No pseudo-label had a part in the chosen classifier.
  var isBaseline: Bool
  /// The strategy was to use the labels alone.
  var isSupervisedOnly: Bool

  /// The sentence.
  var sentence: String {
    let measure = basis == .test ? "accuracy" : "cross-validated accuracy"
    if isSupervisedOnly {
      return "The labels alone give \(measure) \(after.percent) %."
    }
    if isBaseline {
      return "Self-training did not help: the classifier from the labels alone was kept, with "
        + "\(measure) \(after.percent) %."
    }
    let numbers =
      "\(measure) from \(before.percent) % to \(after.percent) % "
      + "(\((after - before).points) points)"
    let isChance = (after - before).magnitude <= 1.96 * standardError
    if after > before {
      return isChance
        ? "Self-training moved \(numbers), which may be chance."
        : "Self-training raised \(numbers)."
    }
    if after == before { return "Self-training made no difference: \(measure) \(after.percent) %." }
    return "Self-training did not help: it moved \(numbers)"
      + (isChance ? ", which may be chance." : ".")
  }
}
