/// The result of a run in one sentence that is not kinder than the numbers.
struct RejectionVerdict {
  var counts: RejectionSamplingResult.Counts
  var promise: RejectionSamplingResult.Promise
  var precision: RejectionSamplingResult.Precision?

  /// The sentence.
  var text: String {
    let pool = counts.measured + counts.unlabelled
    guard promise.isCertified else { return nothing }
    let kept = "\(counts.kept.grouped) of \(pool.counted("question")) have an answer that is kept"
    guard counts.kept > 0 else { return "No answer reaches the certified score." }
    guard let precision, let share = precision.kept, let gain = precision.gain else {
      return "\(kept); at most \(promise.alpha.percent) % of such answers are wrong, with "
        + "\((1 - promise.delta).percent) % confidence."
    }
    let range = "95 % interval \(gain.lower.points) to \(gain.upper.points)"
    guard gain.lower > 0 else {
      return "\(kept), but they are not clearly right more often than all samples: "
        + "\(share.value.percent) % against \(precision.sampled.value.percent) % (\(range))."
    }
    let sampled = precision.sampled.value.percent
    return "\(kept), and \(share.value.percent) % of the kept are right, against "
      + "\(sampled) % of all samples (\(gain.value.points) points, \(range))."
  }

  private var nothing: String {
    let start =
      "Nothing is kept: no score keeps the share of wrong answers at \(promise.alpha.percent) % "
      + "with \((1 - promise.delta).percent) % confidence"
    guard promise.moreLabelsNeeded > 0 else {
      return start
        + ", and more gold answers would hardly help: the best-scored answers are wrong too often."
    }
    return start + "; about \(promise.moreLabelsNeeded.counted("more question")) with gold answers "
      + "are needed."
  }
}
