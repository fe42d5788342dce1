import Messages

/// A line of `pseudo_labels.jsonl` and `quarantine.jsonl`.
struct PseudoLabelRow: Encodable {
  struct Neighbor: Encodable {
    var id: String
    var similarity: Float
    var label: String
    var agrees: Bool
  }

  struct Verdict: Encodable {
    var part: String
    var passed: Bool
    var value: Double
    var bound: Double
    var reason: String
  }

  struct Alternative: Encodable {
    var label: String
    var probability: Float
  }

  var id: String
  var line: Int
  var text: String
  var label: String
  var confidence: Float
  var weight: Float
  var oodScore: Float
  var round: Int
  var runnersUp: [Alternative]
  var neighbors: [Neighbor]
  var verdicts: [Verdict]
  var teacherDigest: String
}

extension PseudoLabelRow {
  /// What was decided about a sample of the pool.
  init(_ decision: PseudoLabel, sample: Sample) {
    self.init(
      id: sample.id, line: sample.line, text: sample.text, label: decision.predictedClass,
      confidence: decision.confidence, weight: decision.weight, oodScore: decision.oodScore,
      round: Int(decision.round),
      runnersUp: decision.runnersUp.map { .init(label: $0.name, probability: $0.probability) },
      neighbors: decision.neighbors.map {
        .init(
          id: $0.sampleID, similarity: $0.similarity, label: $0.predictedClass, agrees: $0.agrees)
      },
      verdicts: decision.verdicts.map {
        .init(
          part: $0.part, passed: $0.passed, value: $0.value, bound: $0.bound, reason: $0.reason)
      },
      teacherDigest: decision.teacherDigest)
  }
}
