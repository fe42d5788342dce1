import ArgumentParser
import AutodidactClient
import FoundationEssentials
import Messages
import Pipelines

/// Tells all about one score.
struct JudgeExplain: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Tell all that is known of one score.",
    discussion: """
      Example:
        autodidact judge explain 12
      """)

  @Argument(help: "The score's id.")
  var id: String
  @OptionGroup var format: FormatOption

  /// What is printed.
  private struct Result: Encodable {
    struct Part: Encodable {
      var name: String
      var value: Double
      var reason: String
    }
    struct Sampling: Encodable {
      var temperature: Double
      var topK: UInt32
      var topP: Double
      var minP: Double
      var repetitionPenalty: Double
    }
    struct Verdict: Encodable {
      var accepted: Bool
      var reason: String
    }

    var scoreId: String
    var itemId: String
    var runId: String
    var judge: String
    var version: UInt32
    var judgeDigest: String
    var modelDigests: [String]
    var status: String
    var reason: String
    var value: Double?
    var probability: Double?
    var probabilityLower: Double?
    var probabilityUpper: Double?
    var parts: [Part]
    var response: String
    var reference: String?
    var promptDigest: String
    var responseDigest: String
    var referenceDigest: String
    var policyModel: String
    var policySampling: Sampling
    var policyRemark: String
    var createdUnixSeconds: Int64
    var seconds: Double
    var decisions: [Verdict]
  }

  func run() async throws {
    let id = self.id
    let told = try await withJudgeJobs { _, suite in
      try await suite.judge.explainScore(ExplainScoreRequest(scoreID: id))
    }
    let score = told.score ?? ItemScore()
    let sampling = told.policy?.sampling ?? SamplingOptions()
    let result = Result(
      scoreId: score.scoreID, itemId: score.itemID, runId: told.runID,
      judge: told.judge?.name ?? "", version: told.judge?.version ?? 0,
      judgeDigest: told.judge?.digest ?? "", modelDigests: told.judge?.modelDigests ?? [],
      status: score.status.word, reason: score.reason,
      value: score.status == .scored ? score.value : nil, probability: score.probability,
      probabilityLower: score.probability == nil ? nil : score.probabilityLower,
      probabilityUpper: score.probability == nil ? nil : score.probabilityUpper,
      parts: score.parts.map { .init(name: $0.name, value: $0.value, reason: $0.reason) },
      response: told.item?.response ?? "", reference: told.item?.reference,
      promptDigest: told.promptDigest, responseDigest: told.responseDigest,
      referenceDigest: told.referenceDigest, policyModel: told.policy?.modelDigest ?? "",
      policySampling: .init(
        temperature: sampling.temperature, topK: sampling.topK, topP: sampling.topP,
        minP: sampling.minP, repetitionPenalty: sampling.repetitionPenalty),
      policyRemark: told.policy?.remark ?? "",
      createdUnixSeconds: told.createdUnixNanoseconds / 1_000_000_000, seconds: told.seconds,
      decisions: told.decisions.map { .init(accepted: $0.accepted, reason: $0.reason) })
    try format.printResult(result, text: Self.text(result))
  }

  private static func text(_ result: Result) -> String {
    var rows = [
      ["score", "\(result.scoreId) of item \(result.itemId), run \(result.runId)"],
      ["judge", "\(result.judge) version \(result.version) (\(result.judgeDigest.prefix(12))…)"],
      ["status", result.status + (result.reason.isEmpty ? "" : ": \(result.reason)")],
    ]
    if let value = result.value { rows.append(["value", "\(value)"]) }
    if let probability = result.probability, let lower = result.probabilityLower,
      let upper = result.probabilityUpper
    {
      rows.append([
        "right with probability",
        "\(probability.fixed(3)) [\(lower.fixed(3)), \(upper.fixed(3))]",
      ])
    }
    for part in result.parts {
      let reason = part.reason.isEmpty ? "" : "  \(part.reason)"
      rows.append(["  " + part.name, "\(part.value)" + reason])
    }
    let (policy, settings) = (result.policyModel, result.policySampling)
    var told = policy.isEmpty ? [] : ["model \(policy)"]
    told += [
      ("temperature", settings.temperature), ("top-k", Double(settings.topK)),
      ("top-p", settings.topP), ("min-p", settings.minP),
      ("repetition penalty", settings.repetitionPenalty),
    ].filter { $0.1 != 0 }.map { "\($0) \($1)" }
    if !result.policyRemark.isEmpty { told.append(result.policyRemark) }
    if !told.isEmpty { rows.append(["policy", told.joined(separator: ", ")]) }
    rows.append(["SHA-256 of the prompt", result.promptDigest])
    rows.append(["answer", result.response])
    if let reference = result.reference { rows.append(["reference", reference]) }
    for model in result.modelDigests { rows.append(["model", model]) }
    rows.append(["SHA-256 of the answer", result.responseDigest])
    for decision in result.decisions {
      rows.append(["decision", decision.accepted ? "accepted" : "abstained: \(decision.reason)"])
    }
    let width = rows.map { $0[0].count }.max() ?? 0
    return rows.map {
      $0[0] + String(repeating: " ", count: width - $0[0].count + 2) + $0[1]
    }.joined(separator: "\n")
  }
}

/// Scores a run again.
struct JudgeReplay: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Score a recorded run again from its stored inputs; fails on a difference.",
    discussion: """
      Examples:
        autodidact judge replay monday
        autodidact judge replay monday --judge sums-2
      """)

  @Argument(help: "The run's id.")
  var run: String
  @Option(help: "Another judge than the recorded one.")
  var judge = ""
  @Option(help: "That judge's version; the newest without it.")
  var version: UInt32 = 0
  @Option(help: "The largest difference that counts as none.")
  var tolerance = 1e-6
  @OptionGroup var format: FormatOption

  func validate() throws {
    guard tolerance > 0 else { throw ValidationError("--tolerance \(tolerance) is not above 0") }
  }

  /// What is printed.
  private struct Result: Encodable {
    struct Difference: Encodable {
      var scoreId: String
      var itemId: String
      var recorded: Double?
      var replayed: Double?
      var recordedStatus: String
      var replayedStatus: String
    }

    var itemCount: UInt64
    var differenceCount: UInt64
    var largestDifference: Double
    /// At most a hundred of them.
    var differences: [Difference]
  }

  func run() async throws {
    let request = ReplayRequest(
      runID: run, judge: judge, version: version, tolerance: tolerance)
    let result = try await withJudgeJobs { jobs, _ in
      var differences: [Result.Difference] = []
      let summary = try await jobs.replay(request) { difference in
        guard differences.count < 100 else { return }
        let (old, new) = (difference.recorded ?? ItemScore(), difference.replayed ?? ItemScore())
        differences.append(
          Result.Difference(
            scoreId: difference.scoreID, itemId: difference.itemID,
            recorded: old.status == .scored ? old.value : nil,
            replayed: new.status == .scored ? new.value : nil, recordedStatus: old.status.word,
            replayedStatus: new.status.word))
      }
      return Result(
        itemCount: summary.itemCount, differenceCount: summary.differenceCount,
        largestDifference: summary.largestDifference, differences: differences)
    }
    let count = Int(result.differenceCount)
    var lines = [
      "\(Int(result.itemCount).counted("score")) replayed, \(count.counted("difference")) beyond "
        + "\(tolerance), the largest \(result.largestDifference)"
    ]
    lines += result.differences.prefix(10).map {
      "\($0.itemId): \($0.recorded.map { "\($0)" } ?? $0.recordedStatus) became "
        + "\($0.replayed.map { "\($0)" } ?? $0.replayedStatus)"
    }
    try format.printResult(result, text: lines.joined(separator: "\n"))
    if count > 0 {
      throw CommandFailure("\(count.counted("score")) of the run \(run) came out differently")
    }
  }
}

/// What the judge has.
struct JudgeList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List judges, runs and certificates.",
    discussion: """
      Example:
        autodidact judge list --format json
      """)

  @OptionGroup var format: FormatOption

  /// What is printed.
  private struct Result: Encodable {
    struct Judge: Encodable {
      var name: String
      var version: UInt32
      var digest: String
      var isCalibrated: Bool
    }
    struct Run: Encodable {
      var id: String
      var judge: String
      var version: UInt32
      var scoredCount: UInt64
      var unscoredCount: UInt64
      var errorCount: UInt64
      var meanValue: Double?
    }
    struct Promise: Encodable {
      var id: String
      var certified: Bool
      var alpha: Double
      var delta: Double
      var threshold: Double
      var coverage: Double
    }

    var judges: [Judge]
    var runs: [Run]
    var certificates: [Promise]
  }

  func run() async throws {
    let result = try await withJudgeJobs { _, suite in
      let judge = suite.judge
      return Result(
        judges: try await judge.listJudges(ListJudgesRequest()).judges.map {
          .init(
            name: $0.name, version: $0.version, digest: $0.digest,
            isCalibrated: $0.calibration != nil)
        },
        runs: try await judge.listScoreRuns(ListScoreRunsRequest()).runs.map {
          .init(
            id: $0.runID, judge: $0.judge, version: $0.version, scoredCount: $0.scoredCount,
            unscoredCount: $0.unscoredCount, errorCount: $0.errorCount, meanValue: $0.meanValue)
        },
        certificates: try await judge.listCertificates(ListCertificatesRequest()).certificates.map {
          .init(
            id: $0.certificateID, certified: $0.certified, alpha: $0.alpha, delta: $0.delta,
            threshold: $0.threshold, coverage: $0.coverage)
        })
    }
    var rows = [["judge", "version", "calibrated"]]
    rows += result.judges.map { [$0.name, "\($0.version)", $0.isCalibrated ? "yes" : "no"] }
    var text = ResultTable.table(rows)
    if !result.runs.isEmpty {
      var rows = [["run", "judge", "scored", "unscored", "errors", "mean"]]
      rows += result.runs.map {
        [
          $0.id, "\($0.judge) \($0.version)", "\($0.scoredCount)", "\($0.unscoredCount)",
          "\($0.errorCount)", $0.meanValue.map { $0.fixed(4) } ?? "–",
        ]
      }
      text += "\n\n" + ResultTable.table(rows)
    }
    if !result.certificates.isEmpty {
      var rows = [["certificate", "α", "δ", "coverage", "promised"]]
      rows += result.certificates.map {
        [
          $0.id, "\($0.alpha)", "\($0.delta)", $0.coverage.fixed(3), $0.certified ? "yes" : "no",
        ]
      }
      text += "\n\n" + ResultTable.table(rows)
    }
    try format.printResult(result, text: text)
  }
}
