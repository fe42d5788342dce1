import ArgumentParser
import AutodidactClient
import Messages
import Pipelines

/// Makes a judge.
struct JudgeFit: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fit",
    abstract: "Make a judge, and calibrate it where labelled answers are given.",
    discussion: """
      Rules are a JSON list of objects:
        [{"name":"number","check":"numeric","form":"last-number","absolute_tolerance":0.01},
         {"name":"polite","check":"pattern","pattern":"(?i)damn","forbidden":true,"required":true},
         {"name":"short","check":"length","maximum":200,"weight":0.5}]

      Examples:
        autodidact judge fit --name short-answers --method sequence-logprob
        autodidact judge fit --name votes --method consensus --form last-number
        autodidact judge fit --name like --method bert-score --length-weight 1 --input pairs.jsonl
        autodidact judge fit --name sums --method rules --rules rules.json --calibrate known.jsonl
      """)

  @Option(help: "The judge's name.")
  var name: String
  @Option(help: "The method: \(JudgeMethodOptions.ids.joined(separator: ", ")).")
  var method: String
  @Option(help: "The encoder or language model that it asks; the default without it.")
  var model = ""
  @Option(help: "bert-score: the weight of the standardised length beside the match.")
  var lengthWeight = 0.0
  @Option(
    help: "length: what it counts: \(JudgeMethodOptions.units.joined(separator: ", "))")
  var unit = "words"
  @Option(help: "How an answer is read: \(JudgeMethodOptions.forms.joined(separator: ", ")).")
  var form = "text"
  @Option(help: ArgumentHelp("The first group of this is the answer.", valueName: "regex"))
  var pattern = ""
  @Option(help: ArgumentHelp("The rules of the method rules.", valueName: "file"))
  var rules: String?
  @Option(
    help: ArgumentHelp("Answers, candidates or pairs to learn from.", valueName: "file"))
  var input: String?
  @Option(help: ArgumentHelp("Labelled answers to calibrate on.", valueName: "file"))
  var calibrate: String?
  @OptionGroup var format: FormatOption

  func validate() throws {
    guard JudgeMethodOptions.ids.contains(method) else {
      throw ValidationError(
        "--method \(method) is none of \(JudgeMethodOptions.ids.joined(separator: ", "))")
    }
    guard JudgeMethodOptions.forms.contains(form) else {
      throw ValidationError(
        "--form \(form) is none of \(JudgeMethodOptions.forms.joined(separator: ", "))")
    }
    guard JudgeMethodOptions.units.contains(unit) else {
      throw ValidationError(
        "--unit \(unit) is none of \(JudgeMethodOptions.units.joined(separator: ", "))")
    }
    guard unit == "words" || method == "length" else {
      throw ValidationError("--unit \(unit) is for --method length, not \(method)")
    }
    guard (0...100).contains(lengthWeight) else {
      throw ValidationError("--length-weight \(lengthWeight) is not between 0 and 100")
    }
    if lengthWeight > 0, input == nil {
      throw ValidationError("--length-weight needs --input: the length is standardised on answers")
    }
  }

  /// What is printed.
  private struct Summary: Encodable {
    var name: String
    var version: UInt32
    var method: String
    var digest: String
    var modelDigests: [String]
    var fittedItemCount: UInt64
    var calibration: String?
    var ece: Double?
    var brier: Double?
    var nll: Double?
    var report: JudgeReportText?
    var remarks: [String]
  }

  func run() async throws {
    var options = JudgeMethodOptions(id: method)
    options.model = model
    options.unit = unit
    options.lengthWeight = lengthWeight
    options.form = form
    options.pattern = pattern
    options.rules = try rules.map { try JudgeRule.rules(path: $0) } ?? []
    let (name, chosen, input, labelled) = (self.name, options.method, self.input, calibrate)
    let (judge, report) = try await withJudgeJobs { jobs, _ in
      let fitted = try await jobs.fit(name: name, method: chosen, input: input)
      guard let labelled else { return (fitted, JudgeReport?.none) }
      let judge = try await jobs.calibrate(
        judge: name, version: fitted.version, method: .unspecified, input: labelled)
      let report = try await jobs.evaluate(
        judge: name, version: fitted.version, input: labelled)
      return (judge, report)
    }
    let calibration = judge.calibration
    let word = calibration.map { $0.method == .isotonic ? "isotonic" : "platt" }
    var shown = report.map { JudgeReportText($0) }
    // On the answers that it is fitted on a calibration always looks good: the line above says
    // what it comes to on others.
    shown?.leaveOutCalibration()
    var lines = ["\(name) version \(judge.version): \(method), digest \(judge.digest.prefix(12))…"]
    if let calibration, let word {
      lines.append(
        "calibrated (\(word), cross-fitted on \(Int(calibration.itemCount).counted("answer"))): "
          + "ECE \(calibration.ece.fixed(3)), Brier \(calibration.brier.fixed(3)), NLL "
          + calibration.nll.fixed(3))
    }
    if let shown { lines.append(shown.text) }
    try format.printResult(
      Summary(
        name: name, version: judge.version, method: method, digest: judge.digest,
        modelDigests: judge.modelDigests, fittedItemCount: judge.fittedItemCount,
        calibration: word, ece: calibration?.ece, brier: calibration?.brier,
        nll: calibration?.nll, report: shown, remarks: judge.remarks),
      text: (lines + judge.remarks).joined(separator: "\n"))
  }
}
