import Pipelines

/// What a self-training run found, as a person reads it on a terminal.
enum ResultTable {
  /// The whole text.
  static func text(_ result: SelfTrainingResult, folder: String) -> String {
    let parts = [
      result.comparison.verdict, comparison(result), rounds(result), notes(result), files(folder),
    ]
    return parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  /// A round as it is reported while the run goes on.
  static func line(of round: SelfTrainingResult.Round) -> String {
    var line =
      round.round == 0
      ? "labels alone" : "round \(round.round) · \(round.pseudoLabelCount.counted("pseudo-label"))"
    line += " · cross-validated \(percent(round.validation))"
    if let test = round.test { line += " · test \(test.accuracy.percent) %" }
    if round.rejectedByGuard { line += " · rejected by the guard" }
    return line
  }

  private static func comparison(_ result: SelfTrainingResult) -> String {
    let (old, new) = (result.comparison.baseline, result.comparison.selfTrained)
    var rows: [[String]] = [
      ["", "accuracy", "macro F1", "ECE"],
      ["labels alone", percent(old), share(old.macroF1), number(old.ece)],
      ["self-trained", percent(new), share(new.macroF1), number(new.ece)],
      ["difference", (new.accuracy - old.accuracy).points],
    ]
    rows[3].append(difference(old.macroF1, new.macroF1) { $0.points })
    rows[3].append(difference(old.ece, new.ece) { ($0 > 0 ? "+" : "") + $0.fixed(3) })
    let basis =
      switch result.comparison.basis {
      case .test: "on \(result.comparison.rowCount.counted("test text"))"
      case .crossValidation:
        "cross-validated on \(result.comparison.rowCount.counted("labelled text")): there is no "
          + "test file"
      }
    return table(rows) + "\n" + basis
  }

  private static func rounds(_ result: SelfTrainingResult) -> String {
    let hasTest = result.rounds.contains { $0.test != nil }
    var rows = [["round", "pseudo-labels", "cross-validated"] + (hasTest ? ["test"] : [])]
    for round in result.rounds {
      let mark = round.round == result.chosenRound ? " *" : round.rejectedByGuard ? " x" : "  "
      var row = [
        "\(round.round)\(mark)", round.pseudoLabelCount.grouped, percent(round.validation),
      ]
      if hasTest { row.append(round.test.map { percent($0) } ?? "") }
      rows.append(row)
    }
    return table(rows) + "\n* chosen: \(result.choiceReason)"
      + (result.rounds.contains(where: \.rejectedByGuard) ? "\nx rejected by the guard" : "")
  }

  private static func notes(_ result: SelfTrainingResult) -> String {
    let counts = result.counts
    var lines: [String] = []
    if result.quarantine.isActive {
      lines.append(
        "\(result.quarantine.count.counted("unlabelled text")) look foreign and were set aside "
          + "(quarantine.jsonl).")
    }
    if counts.emptySkipped > 0 {
      lines.append("\(counts.emptySkipped.counted("unlabelled line")) without a text passed over.")
    }
    if counts.truncated > 0 {
      lines.append("\(counts.truncated.counted("text")) cut to what the model can take.")
    }
    if counts.duplicates > 0 {
      lines.append("\(counts.duplicates.counted("repeated text")) encoded once.")
    }
    return (lines + result.remarks).joined(separator: "\n")
  }

  private static func files(_ folder: String) -> String {
    """
    Report:    \(folder)/report.html
    Use it:    autodidact classify --model \(folder) --input NEW.jsonl --output OUT.jsonl
    """
  }

  private static func percent(_ scores: SelfTrainingResult.Scores) -> String {
    let error = scores.standardError > 0 ? " ± \(scores.standardError.percent)" : ""
    return scores.accuracy.percent + error + " %"
  }

  private static func share(_ value: Double?) -> String { value.map { "\($0.percent) %" } ?? "–" }

  private static func number(_ value: Double?) -> String { value?.fixed(3) ?? "–" }

  private static func difference(
    _ old: Double?, _ new: Double?, _ text: (Double) -> String
  ) -> String {
    guard let old, let new else { return "–" }
    return text(new - old)
  }

  /// Columns that stand under each other: the first to the left, the others to the right.
  static func table(_ rows: [[String]]) -> String {
    let columnCount = rows.map(\.count).max() ?? 0
    let widths = (0..<columnCount).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      row.enumerated().map { column, text in
        let padding = String(repeating: " ", count: widths[column] - text.count)
        return column == 0 ? text + padding : padding + text
      }.joined(separator: "   ")
    }.joined(separator: "\n")
  }
}
