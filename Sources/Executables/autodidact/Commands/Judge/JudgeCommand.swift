import ArgumentParser
import AutodidactClient
import Messages
import Pipelines
import TTRPC

/// Judges answers.
struct JudgeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "judge",
    abstract: "Score answers, rank candidates, and accept only what keeps a promised risk.",
    discussion: """
      Files are JSON Lines. An answer is a line such as
        {"id":"7","prompt":"6 * 7 =","response":"42","reference":"42","label":1}
      with "messages" for a conversation instead of "prompt", and optionally "samples" (other
      answers that vote), "logprobs" (one number for each token) and "prompt_id".
      """,
    subcommands: [
      JudgeFit.self, JudgeScore.self, JudgeRank.self, JudgeCompare.self, JudgeSelect.self,
      JudgeExplain.self, JudgeReplay.self, JudgeList.self,
    ])
}

/// The options that name a judge.
struct JudgeOptions: ParsableArguments {
  @Option(help: "The judge's name.")
  var judge: String
  @Option(help: "The judge's version; the newest without it.")
  var version: UInt32 = 0
}

/// The options that say what made the answers.
struct PolicyOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The digest of the model that answered.", valueName: "digest"))
  var policyModel = ""
  @Option(help: "The temperature that the answers were drawn with.")
  var temperature = 0.0
  @Option(help: "The top-p that the answers were drawn with.")
  var topP = 0.0
  @Option(help: "The top-k that the answers were drawn with.")
  var topK: UInt32 = 0
  @Option(
    help: ArgumentHelp(
      "Anything else that changes the answers, such as the template.", valueName: "text"))
  var policyRemark = ""

  /// The message.
  var policy: Policy {
    Policy(
      modelDigest: policyModel,
      sampling: SamplingOptions(temperature: temperature, topK: topK, topP: topP),
      remark: policyRemark)
  }
}

/// Runs a job with files of answers.
func withJudgeJobs<Result: Sendable>(
  isQuiet: Bool = false,
  _ body: @escaping @Sendable (JudgeJobs, AutodidactClient.Autodidact) async throws -> Result
) async throws -> Result {
  try await withDaemons(isQuiet: isQuiet) { suite, observer in
    try await body(JudgeJobs(suite: suite, observer: observer), suite)
  }
}

/// A judge's figures beside those of the length, for people and as JSON.
struct JudgeReportText: Encodable {
  /// A figure with its interval; nothing where it is not defined.
  struct Figure: Encodable {
    var value: Double
    var lower: Double
    var upper: Double

    init?(_ estimate: Estimate?) {
      guard let estimate, estimate.defined else { return nil }
      (value, lower, upper) = (estimate.value, estimate.lower, estimate.upper)
    }

    var text: String { "\(value.fixed(3)) [\(lower.fixed(3)), \(upper.fixed(3))]" }
  }

  var scoredCount: UInt64
  var unscoredCount: UInt64
  var errorCount: UInt64
  var promptCount: UInt64
  var baseRisk: Double
  var aurcOracle: Double
  var aurc: Figure?
  var auroc: Figure?
  var pairAccuracy: Figure?
  var lengthAurc: Figure?
  var lengthAuroc: Figure?
  var lengthPairAccuracy: Figure?
  var pearson: Figure?
  var spearman: Figure?
  var kendall: Figure?
  var lengthCorrelation: Double
  var lengthUnit: String
  var ece: Double?
  var brier: Double?
  var nll: Double?

  init(_ report: JudgeReport) {
    scoredCount = report.scoredCount
    unscoredCount = report.unscoredCount
    errorCount = report.errorCount
    promptCount = report.promptCount
    baseRisk = report.baseRisk
    aurcOracle = report.aurcOracle
    aurc = Figure(report.aurc)
    auroc = Figure(report.auroc)
    pairAccuracy = Figure(report.pairAccuracy)
    lengthAurc = Figure(report.lengthAurc)
    lengthAuroc = Figure(report.lengthAuroc)
    lengthPairAccuracy = Figure(report.lengthPairAccuracy)
    pearson = Figure(report.pearson)
    spearman = Figure(report.spearman)
    kendall = Figure(report.kendall)
    lengthCorrelation = report.lengthCorrelation
    lengthUnit = report.lengthUnit == .tokens ? "tokens" : "words"
    ece = report.calibration?.ece
    brier = report.calibration?.brier
    nll = report.calibration?.nll
  }

  /// The figures as a table.
  var text: String {
    func row(_ name: String, _ judge: Figure?, _ length: Figure?) -> [String] {
      [name, judge?.text ?? "–", length?.text ?? "–"]
    }
    var rows = [
      ["", "judge", "length in \(lengthUnit)"], row("AUROC", auroc, lengthAuroc),
      row("AURC (base risk \(baseRisk.fixed(3)), best \(aurcOracle.fixed(3)))", aurc, lengthAurc),
      row("pairs in order", pairAccuracy, lengthPairAccuracy),
    ]
    for (name, figure) in [("Pearson", pearson), ("Spearman", spearman), ("Kendall", kendall)] {
      rows.append([name, figure?.text ?? "–", ""])
    }
    rows.append(["correlation with the length", lengthCorrelation.fixed(3), "1.000"])
    if let ece, let brier, let nll {
      let figures = [ece, brier, nll].map { $0.fixed(3) }.joined(separator: " · ")
      rows.append(["ECE · Brier · NLL", figures, ""])
    }
    return ResultTable.table(rows) + "\non \(Int(scoredCount).counted("answer")) to "
      + "\(Int(promptCount).counted("prompt")); \(unscoredCount) unscored, \(errorCount) errors"
  }
}
