import Messages
import Pipelines

/// The teacher's decisions on a sample, for people and as JSON.
enum DecisionText {
  /// One round's decision.
  struct Record: Encodable {
    struct Verdict: Encodable {
      var part: String
      var passed: Bool
      var value: Double
      var bound: Double
      var reason: String
    }

    struct Neighbor: Encodable {
      var id: String
      var label: String
      var similarity: Float
      var agrees: Bool
    }

    var id: String
    var round: UInt32
    var isChosenRound: Bool
    var label: String
    var confidence: Float
    var oodScore: Float
    var selected: Bool
    var weight: Float
    var verdicts: [Verdict]
    var neighbors: [Neighbor]
    var runnersUp: [String: Float]
    var teacherDigest: String

    init(_ row: PseudoLabel, chosenRound: UInt32) {
      id = row.sampleID
      round = row.round
      isChosenRound = row.round == chosenRound
      label = row.predictedClass
      confidence = row.confidence
      oodScore = row.oodScore
      selected = row.selected
      weight = row.weight
      verdicts = row.verdicts.map {
        .init(
          part: $0.part, passed: $0.passed, value: $0.value, bound: $0.bound, reason: $0.reason)
      }
      neighbors = row.neighbors.map {
        .init(
          id: $0.sampleID, label: $0.predictedClass, similarity: $0.similarity, agrees: $0.agrees)
      }
      runnersUp = Dictionary(
        row.runnersUp.map { ($0.name, $0.probability) }, uniquingKeysWith: { first, _ in first })
      teacherDigest = row.teacherDigest
    }
  }

  /// The decisions round by round.
  static func text(_ response: ExplainResponse) -> String {
    response.rows.map { row in
      var lines = [
        "round \(row.round)\(row.round == response.chosenRound ? " (chosen)" : ""): "
          + "\(row.predictedClass) \(Double(row.confidence).percent) %, "
          + (row.selected
            ? "pseudo-labelled with weight \(Double(row.weight).fixed(2))" : "not pseudo-labelled")
      ]
      if !row.runnersUp.isEmpty {
        let others = row.runnersUp.map { "\($0.name) \(Double($0.probability).percent) %" }
        lines.append("  else: " + others.joined(separator: ", "))
      }
      lines += row.verdicts.map { "  \($0.passed ? "passed" : "failed")  \($0.part): \($0.reason)" }
      if !row.neighbors.isEmpty {
        let agreeing = row.neighbors.count { $0.agrees }
        lines.append("  \(agreeing) of \(row.neighbors.count) neighbours agree:")
        lines += row.neighbors.prefix(5).map {
          "    \($0.sampleID)  \($0.predictedClass), cosine \(Double($0.similarity).fixed(3))"
        }
      }
      lines.append("  out-of-distribution score \(Double(row.oodScore).fixed(3))")
      return lines.joined(separator: "\n")
    }.joined(separator: "\n")
  }
}
