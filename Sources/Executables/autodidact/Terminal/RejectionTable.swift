import Pipelines

/// What a rejection-sampling run found, as a person reads it on a terminal.
enum RejectionTable {
  /// The whole text.
  static func text(_ outcome: RejectionSamplingPipeline.Outcome, folder: String) -> String {
    let result = outcome.result
    let parts = [
      result.verdict, shares(result), quality(result), tasks(result), speed(outcome.speed),
      result.remarks.joined(separator: "\n"), files(folder),
    ]
    return parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  private static func shares(_ result: RejectionSamplingResult) -> String {
    guard let precision = result.precision else { return "" }
    var rows = [["", "right", "95 % interval"]]
    func add(_ name: String, _ estimate: RejectionSamplingResult.Estimate?, isPoints: Bool = false)
    {
      guard let estimate else { return }
      func words(_ value: Double) -> String { isPoints ? value.points : value.percent + " %" }
      rows.append([
        name, words(estimate.value), "\(words(estimate.lower)) … \(words(estimate.upper))",
      ])
    }
    add("all samples", precision.sampled)
    add("best of each question", precision.selected)
    add("kept", precision.kept)
    add("kept − all samples", precision.gain, isPoints: true)
    return ResultTable.table(rows)
      + "\non \(precision.questionCount.counted("question")) that did not calibrate; intervals "
      + "over questions"
  }

  private static func quality(_ result: RejectionSamplingResult) -> String {
    guard let quality = result.quality else { return "" }
    func words(_ estimate: RejectionSamplingResult.Estimate?) -> String {
      estimate?.value.fixed(3) ?? "–"
    }
    return ResultTable.table([
      ["", result.settings.judge, "length"],
      ["AURC (lower is better)", words(quality.judge.aurc), words(quality.length.aurc)],
      ["AUROC", words(quality.judge.auroc), words(quality.length.auroc)],
      [
        "pairs of one question", words(quality.judge.pairAccuracy),
        words(quality.length.pairAccuracy),
      ],
    ])
  }

  private static func tasks(_ result: RejectionSamplingResult) -> String {
    guard result.tasks.count > 1 else { return "" }
    func share(_ value: Double?) -> String { value.map { "\($0.percent) %" } ?? "–" }
    let rows = result.tasks.map { task in
      [
        task.name.isEmpty ? "–" : task.name, task.questionCount.grouped, task.keptCount.grouped,
        share(task.sampledShare), share(task.selectedShare), share(task.keptShare),
      ]
    }
    return ResultTable.table(
      [["", "questions", "kept", "right of all", "of the best", "of the kept"]] + rows)
  }

  private static func speed(_ speed: SamplingSpeed) -> String {
    var text =
      "\(speed.generatedTokenCount.counted("token")) in \(speed.seconds.fixed(1)) s "
      + "(\(speed.tokensPerSecond.fixed(1)) a second)"
    if speed.proposedCount > 0 {
      text +=
        "; \(speed.acceptedCount.grouped) of \(speed.proposedCount.counted("guessed token")) "
        + "were right"
    }
    return text
  }

  private static func files(_ folder: String) -> String {
    """
    Report:    \(folder)/report.html
    Training:  \(folder)/prompt_completion.jsonl, \(folder)/preferences.jsonl
    """
  }
}
