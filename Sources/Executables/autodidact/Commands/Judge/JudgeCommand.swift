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
  @Option(help: "The min-p that the answers were drawn with.")
  var minP = 0.0
  @Option(help: "The repetition penalty that the answers were drawn with.")
  var repetitionPenalty = 0.0
  @Option(
    help: ArgumentHelp(
      "Anything else that changes the answers, such as the template.", valueName: "text"))
  var policyRemark = ""

  /// The message.
  var policy: Policy {
    Policy(
      modelDigest: policyModel,
      sampling: SamplingOptions(
        temperature: temperature, topK: topK, topP: topP, minP: minP,
        repetitionPenalty: repetitionPenalty),
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

/// Runs a job whose scores belong to a run: the one of `id`, or a new one.
///
/// A failure that passes says how to go on.
func withScoreRun<Result: Sendable>(
  _ id: String, of judge: JudgeOptions? = nil, isQuiet: Bool,
  _ body: @escaping @Sendable (JudgeJobs.Run, JudgeJobs) async throws -> Result
) async throws -> Result {
  var run = JudgeJobs.Run(judge: judge?.judge ?? "")
  run.version = judge?.version ?? 0
  var random = SystemRandomNumberGenerator()
  run.id = id.isEmpty ? "run-" + String(random.next(), radix: 16) : id
  let chosen = run
  do {
    return try await withJudgeJobs(isQuiet: isQuiet) { jobs, _ in try await body(chosen, jobs) }
  } catch let error as CallError {
    let passing: [RPCCode] = [
      .unavailable, .resourceExhausted, .deadlineExceeded, .internal, .cancelled, .aborted,
    ]
    guard passing.contains(error.code) else { throw error }
    throw CommandFailure(
      "\(error.message); what is scored stays: the same command with --run \(chosen.id) goes on")
  } catch is CancellationError {
    throw CommandFailure(
      "interrupted; what is scored stays: the same command with --run \(chosen.id) goes on")
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
  var lengthCorrelation: Double?
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

  /// Says nothing about the calibrated probabilities.
  mutating func leaveOutCalibration() {
    (ece, brier, nll) = (nil, nil, nil)
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
    let correlation = lengthCorrelation.map { $0.fixed(3) } ?? "–"
    rows.append(["correlation with the length", correlation, "1.000"])
    if let ece, let brier, let nll {
      let figures = [ece, brier, nll].map { $0.fixed(3) }.joined(separator: " · ")
      rows.append(["ECE · Brier · NLL", figures, ""])
    }
    return ResultTable.table(rows) + "\non \(Int(scoredCount).counted("answer")) to "
      + "\(Int(promptCount).counted("prompt")); \(unscoredCount) unscored, "
      + Int(errorCount).counted("error")
  }
}
