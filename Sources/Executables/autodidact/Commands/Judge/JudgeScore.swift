import ArgumentParser
import AutodidactClient
import Messages
import Pipelines

/// Scores answers.
struct JudgeScore: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "Score answers; every score is stored and can be explained and replayed.",
    discussion: """
      Writes one line for each answer, in the same order:
        {"id":"7","parts":[…],"score_id":"12","status":"scored","value":1}
      An interrupted command goes on where it stopped if it is given the same --run. Where all
      answers have a label, the judge is evaluated on them, beside the length.

      Examples:
        autodidact judge score --judge sums --input answers.jsonl --output scores.jsonl --run monday
        autodidact judge score --judge like --input - --output - < answers.jsonl
      """)

  @OptionGroup var judge: JudgeOptions
  @OptionGroup var policy: PolicyOptions
  @Option(help: "The run that the scores belong to; a new one without it.")
  var run = ""
  @Option(help: ArgumentHelp("The answers; - is the standard input.", valueName: "file"))
  var input: String
  @Option(help: ArgumentHelp("The scores; - is the standard output.", valueName: "file"))
  var output: String
  @Flag(help: "Show no progress.")
  var quiet = false
  @OptionGroup var format: FormatOption

  /// What is printed.
  private struct Result: Encodable {
    var summary: JudgeJobs.Summary
    var report: JudgeReportText?
  }

  func run() async throws {
    let (policy, input, output) = (self.policy.policy, self.input, self.output)
    let (summary, report) = try await withScoreRun(run, of: judge, isQuiet: quiet) { run, jobs in
      var chosen = run
      chosen.policy = policy
      let summary = try await jobs.score(chosen, input: input, output: output)
      guard try JudgeJobs.isLabelled(input), summary.scoredCount > 0 else {
        return (summary, JudgeReport?.none)
      }
      return (
        summary,
        try await jobs.evaluate(judge: chosen.judge, version: chosen.version, input: input)
      )
    }
    // The standard output belongs to the scores where they go there.
    guard output != "-" else { return }
    let shown = report.map { JudgeReportText($0) }
    let text = Self.text(summary, output: output) + (shown.map { "\n\n" + $0.text } ?? "")
    try format.printResult(Result(summary: summary, report: shown), text: text)
  }

  static func text(_ summary: JudgeJobs.Summary, output: String) -> String {
    var text = "\(summary.scoredCount.counted("score")) in \(output), run \(summary.runId)"
    if let mean = summary.meanValue { text += "; mean \(mean.fixed(4))" }
    if summary.unscoredCount > 0 { text += "; \(summary.unscoredCount.grouped) unscored" }
    if summary.errorCount > 0 { text += "; \(summary.errorCount.counted("error"))" }
    if summary.existingCount > 0 { text += "; \(summary.existingCount.grouped) were there before" }
    return text
  }
}

/// Orders candidates.
struct JudgeRank: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rank",
    abstract: "Order the candidate answers of each prompt, best first.",
    discussion: """
      A line holds the candidates of one prompt:
        {"id":"7","prompt":"6 * 7 =","candidates":["42","41","42"]}

      Example:
        autodidact judge rank --judge votes --input candidates.jsonl --output ranked.jsonl
      """)

  @OptionGroup var judge: JudgeOptions
  @OptionGroup var policy: PolicyOptions
  @Option(help: "The run that the scores belong to; a new one without it.")
  var run = ""
  @Option(help: ArgumentHelp("The candidates; - is the standard input.", valueName: "file"))
  var input: String
  @Option(help: ArgumentHelp("The rankings; - is the standard output.", valueName: "file"))
  var output: String
  @Flag(help: "Show no progress.")
  var quiet = false
  @OptionGroup var format: FormatOption

  /// What is printed.
  private struct Result: Encodable {
    var promptCount: Int
    var tieCount: Int
    var scoredCount: Int
    var unscoredCount: Int
    var errorCount: Int
    var runId: String
  }

  func run() async throws {
    let (policy, input, output) = (self.policy.policy, self.input, self.output)
    let found = try await withScoreRun(run, of: judge, isQuiet: quiet) { run, jobs in
      var chosen = run
      chosen.policy = policy
      return try await jobs.rank(chosen, input: input, output: output)
    }
    guard output != "-" else { return }
    let summary = found.summary
    try format.printResult(
      Result(
        promptCount: found.promptCount, tieCount: found.tieCount,
        scoredCount: summary.scoredCount, unscoredCount: summary.unscoredCount,
        errorCount: summary.errorCount, runId: summary.runId),
      text: "\(found.promptCount.counted("ranking")) in \(output), run \(summary.runId); "
        + "\(found.tieCount.counted("tie")); "
        + "\(summary.unscoredCount.counted("candidate")) unscored, "
        + summary.errorCount.counted("error"))
  }
}

/// Compares pairs.
struct JudgeCompare: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Say which of two answers is better, asked in both orders.",
    discussion: """
      A line holds two answers to one prompt, and may have a label, a, b or tie:
        {"id":"7","prompt":"…","response_a":"…","response_b":"…","reference":"…","label":"a"}

      Example:
        autodidact judge compare --judge like --input pairs.jsonl --output verdicts.jsonl
      """)

  @OptionGroup var judge: JudgeOptions
  @Option(help: "The run that the scores belong to; a new one without it.")
  var run = ""
  @Option(help: ArgumentHelp("The pairs; - is the standard input.", valueName: "file"))
  var input: String
  @Option(help: ArgumentHelp("The verdicts; - is the standard output.", valueName: "file"))
  var output: String
  @Flag(help: "Show no progress.")
  var quiet = false
  @OptionGroup var format: FormatOption

  func run() async throws {
    let (input, output) = (self.input, self.output)
    let summary = try await withScoreRun(run, of: judge, isQuiet: quiet) { run, jobs in
      try await jobs.compare(run, input: input, output: output)
    }
    guard output != "-" else { return }
    var text = "\(summary.scoredCount.counted("verdict")) in \(output), run \(summary.runId); "
    text += "\(summary.tieCount.counted("tie")), \(summary.flippedCount.grouped) flipped with the "
    text += "order, \(summary.unscoredCount.grouped) unscored"
    if let accuracy = summary.accuracy, let length = summary.lengthAccuracy {
      text += "\n\(accuracy.percent) % as labelled on \(summary.labelledCount.counted("pair")); "
      text += "the one with more \(summary.lengthUnit): \(length.percent) %"
    }
    try format.printResult(summary, text: text)
  }
}
