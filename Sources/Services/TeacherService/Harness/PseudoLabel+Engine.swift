internal import Messages
internal import PseudoLabeling

extension Messages.PseudoLabel {
  /// The message of what is known of one row.
  ///
  /// `poolIDs` are the ids of labelled and unlabelled rows, in the order of the pool.
  init(
    _ label: PseudoLabeling.PseudoLabel, poolIDs: [String], sampleID: String,
    classNames: [String], omitsNeighbors: Bool
  ) {
    self.init(
      sampleID: sampleID, round: UInt32(label.round),
      predictedClass: classNames[label.predictedClass], confidence: label.confidence,
      oodScore: label.oodScore, selected: label.weight > 0, weight: label.weight,
      verdicts: label.verdicts.map { Messages.Verdict($0) },
      neighbors: omitsNeighbors
        ? []
        : label.neighbors.map {
          Messages.Neighbor(
            sampleID: poolIDs[$0.row], similarity: Float($0.similarity),
            predictedClass: classNames[$0.predictedClass],
            agrees: $0.predictedClass == label.predictedClass)
        },
      teacherDigest: label.teacherDigest,
      runnersUp: label.runnersUp.map {
        ClassProbability(name: classNames[$0.predictedClass], probability: $0.probability)
      })
  }
}

extension Messages.Verdict {
  /// The message of a decision.
  init(_ verdict: PseudoLabeling.PseudoLabel.Verdict) {
    self.init(
      part: verdict.part.name, passed: verdict.isPassed, value: Double(verdict.value),
      bound: Double(verdict.bound), reason: verdict.words)
  }
}

extension PseudoLabeling.PseudoLabel.Verdict {
  /// The decision in words.
  fileprivate var words: String {
    func number(_ value: Float) -> String { "\((value * 1000).rounded() / 1000)" }
    let (value, bound) = (number(value), number(bound))
    return switch part {
    case .quarantine where self.bound == .infinity:
      "score \(value); the quarantine is not active"
    case .quarantine:
      isPassed
        ? "score \(value) is within the threshold \(bound)"
        : "score \(value) exceeds the threshold \(bound): set aside as foreign"
    case .detector:
      isPassed ? "known to the detector" : "the detector calls it out of distribution"
    case .agreement:
      "a share of \(value) of the neighbours agrees; at least \(bound) must"
    case .majority:
      "a share of \(value) of the neighbours agrees; more than \(bound) must"
    case .confidence: "confidence \(value) must exceed \(bound)"
    case .quota where self.bound == .infinity: "the class's quota took no row"
    case .quota:
      isPassed
        ? "score \(value) is within the class's quota, which ends at \(bound)"
        : "score \(value) is below \(bound), where the class's quota ends"
    }
  }
}
