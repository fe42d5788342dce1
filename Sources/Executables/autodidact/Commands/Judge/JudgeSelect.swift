import ArgumentParser
import AutodidactClient
import Messages
import Pipelines

/// Accepts answers or abstains.
struct JudgeSelect: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "select",
    abstract: "Accept answers under a promised risk, and abstain on the others.",
    discussion: """
      With --calibration the promise is made first, on labelled answers of the same policy; with
      --certificate an earlier one is used. Where nothing can be promised, nothing is accepted, and
      the exit code is 1.

      Examples:
        autodidact judge select --judge sums --calibration known.jsonl --alpha 0.1 \\
          --input new.jsonl --output decisions.jsonl
        autodidact judge select --certificate certificate-4f… --input new.jsonl --output d.jsonl
      """)

  @Option(help: "The judge's name.")
  var judge: String?
  @Option(help: "The judge's version; the newest without it.")
  var version: UInt32?
  @Option(help: ArgumentHelp("Labelled answers to make the promise on.", valueName: "file"))
  var calibration: String?
  @Option(help: "The risk to keep, between 0 and 1.")
  var alpha: Double?
  @Option(help: "The probability that the promise fails, between 0 and 1; 0.05 without it.")
  var delta: Double?
  @Flag(help: "Promise the share of accepted and wrong among all, not among the accepted.")
  var joint = false
  @Option(help: "The id of a certificate that was made before.")
  var certificate: String?
  @OptionGroup var policy: PolicyOptions
  @Option(help: "The run that the scores belong to; a new one without it.")
  var run = ""
  @Option(help: ArgumentHelp("The answers; - is the standard input.", valueName: "file"))
  var input: String
  @Option(help: ArgumentHelp("The decisions; - is the standard output.", valueName: "file"))
  var output: String
  @Flag(help: "Show no progress.")
  var quiet = false
  @OptionGroup var format: FormatOption

  func validate() throws {
    guard (certificate == nil) != (calibration == nil) else {
      throw ValidationError("give either --certificate or --calibration")
    }
    if certificate != nil {
      let given = [
        ("--judge", judge != nil), ("--version", version != nil), ("--alpha", alpha != nil),
        ("--delta", delta != nil), ("--joint", joint),
      ]
      if let name = given.first(where: \.1)?.0 {
        throw ValidationError("\(name) stands in the certificate: leave it out")
      }
    }
    if calibration != nil {
      guard judge != nil else { throw ValidationError("--calibration needs --judge") }
      guard let alpha else { throw ValidationError("--calibration needs --alpha") }
      guard alpha > 0, alpha < 1 else {
        throw ValidationError("--alpha \(alpha) is not between 0 and 1")
      }
    }
    if let delta, delta <= 0 || delta >= 1 {
      throw ValidationError("--delta \(delta) is not between 0 and 1")
    }
  }

  /// What is printed.
  private struct Result: Encodable {
    var certificate: String
    var certified: Bool?
    var reason: String?
    var moreLabelsNeeded: UInt64?
    var threshold: Double?
    var labelledRisk: Double?
    var labelledCoverage: Double?
    var acceptedCount: Int
    var summary: JudgeJobs.Summary
    var report: JudgeReportText?
  }

  func run() async throws {
    let header = CertifyHeader(
      judge: judge ?? "", version: version ?? 0, kind: joint ? .joint : .selective,
      alpha: alpha ?? 0, delta: delta ?? 0.05, policy: policy.policy)
    let (labelled, known) = (calibration, certificate)
    let (input, output) = (self.input, self.output)
    let (promise, report, found) = try await withScoreRun(run, isQuiet: quiet) { run, jobs in
      var promise: Certificate?
      var report: JudgeReport?
      if let labelled {
        promise = try await jobs.certify(header, input: labelled)
        if (promise?.itemCount ?? 0) > 0 {
          report = try await jobs.evaluate(
            judge: header.judge, version: header.version, input: labelled)
        }
      }
      let found = try await jobs.select(
        certificateID: known ?? promise?.certificateID ?? "", policy: header.policy ?? Policy(),
        runID: run.id, input: input, output: output)
      return (promise, report, found)
    }
    if output != "-" {
      let isKept = promise?.certified == true
      try format.printResult(
        Result(
          certificate: known ?? promise?.certificateID ?? "", certified: promise?.certified,
          reason: promise?.reason, moreLabelsNeeded: promise?.moreLabelsNeeded,
          threshold: isKept ? promise?.threshold : nil, labelledRisk: isKept ? promise?.risk : nil,
          labelledCoverage: isKept ? promise?.coverage : nil, acceptedCount: found.acceptedCount,
          summary: found.summary, report: report.map { JudgeReportText($0) }),
        text: Self.text(promise, found.acceptedCount, found.summary, output)
          + (report.map { "\n\non the labelled answers:\n" + JudgeReportText($0).text } ?? ""))
    }
    if let reason = found.voidReason { throw CommandFailure(reason) }
  }

  private static func text(
    _ promise: Certificate?, _ acceptedCount: Int, _ summary: JudgeJobs.Summary, _ output: String
  ) -> String {
    var lines: [String] = []
    if let promise {
      let risk = promise.kind == .joint ? "accepted and wrong among all" : "wrong among accepted"
      let goal = "\(risk) ≤ \(promise.alpha) with probability \((1 - promise.delta).fixed(2))"
      if promise.certified {
        lines.append(
          "\(promise.certificateID): \(goal), from a score of \(promise.threshold.fixed(4)) on "
            + "(labelled: risk \(promise.risk.fixed(3)), coverage \(promise.coverage.fixed(3)))")
      } else {
        lines.append("\(promise.certificateID): no promise of \(goal): \(promise.reason)")
        if promise.moreLabelsNeeded > 0 {
          lines.append(
            "about \(Int(promise.moreLabelsNeeded).counted("more label")) would be needed")
        }
      }
    }
    lines.append(
      "\(acceptedCount.grouped) of \(summary.total.counted("answer")) accepted in \(output), run "
        + "\(summary.runId); \(summary.unscoredCount) unscored, "
        + summary.errorCount.counted("error"))
    return lines.joined(separator: "\n")
  }
}
