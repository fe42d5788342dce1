import ArgumentParser
import AutodidactClient
import Messages
import Pipelines

/// The job of the language half.
struct RejectionSample: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rejection-sample",
    abstract:
      "Turn questions into training data: sample answers, judge them, keep what is certified.",
    discussion: """
      Reads JSON Lines (plain or .gz), a question a line: {"prompt": …} continues a text,
      {"messages": [{"role": "user", "content": …}, …]} asks in a conversation, with
      "answer_prefix" to begin the answer. "answer" is the gold answer, "task" a kind of question
      and "id" an id; all three may be missing.

      Some hundreds of gold answers calibrate: half of those in the file, or all in the file of
      --calibration. The certificate promises that at most the share alpha of the kept answers is
      wrong, or says how many more gold answers that would take. Gold answers that do not calibrate
      only measure.

      DIR gets prompt_completion.jsonl and preferences.jsonl in the formats of TRL, judged.jsonl
      with every answer, metrics.json, speed.json and report.html. An interrupted run goes on where
      it stopped when the same command is given again.

      Examples:
        autodidact rejection-sample --questions q.jsonl --n 8 --judge consensus --alpha 0.2 \\
          --output answers
        autodidact rejection-sample --questions new.jsonl --calibration gold.jsonl --n 4 \\
          --judge sequence-logprob --answer-form first-number --alpha 0.1 --output sums
      """)

  /// How an answer is read before it is compared.
  enum AnswerFormName: String, ExpressibleByArgument, CaseIterable {
    case text, exact
    case firstNumber = "first-number"
    case lastNumber = "last-number"

    var form: AnswerForm {
      switch self {
      case .text: .text
      case .exact: .exact
      case .firstNumber: .firstNumber
      case .lastNumber: .lastNumber
      }
    }
  }

  @Option(help: ArgumentHelp("The questions.", valueName: "file"))
  var questions: String
  @Option(
    help: ArgumentHelp(
      "Questions with gold answers that the certificate stands on, and nothing else.",
      valueName: "file"))
  var calibration: String?
  @Option(help: ArgumentHelp("The folder for the results.", valueName: "dir"))
  var output: String
  @Option(help: ArgumentHelp("Samples a question.", valueName: "count"))
  var n = 8
  @Option(help: "Who judges.")
  var judge = RejectionSamplingRequest.JudgeName.consensus
  @Option(help: "The share of wrong answers among the kept ones that is allowed.")
  var alpha = 0.2
  @Option(help: "The probability with which the promise may fail.")
  var delta = 0.05
  @Option(help: "The share of the questions with gold answers that calibrate.")
  var calibrationShare = 0.5
  @Option(help: "How an answer is read before it is compared.")
  var answerForm = AnswerFormName.text
  @Option(
    help: ArgumentHelp(
      "A regular expression whose first group is the answer.", valueName: "regex"))
  var answerPattern = ""
  @Option(
    help: ArgumentHelp(
      "The turns of a conversation that training rows hold: last leaves worked examples out."))
  var promptTurns = RejectionSamplingRequest.PromptTurns.all
  @Flag(help: "Replace results from other inputs in the folder.")
  var overwrite = false
  @Flag(help: "Show no progress.")
  var quiet = false
  @OptionGroup var sampling: SampleOptions
  @OptionGroup var fields: QuestionFieldOptions
  @OptionGroup var format: FormatOption

  func validate() throws {
    guard (1...256).contains(n) else { throw ValidationError("--n \(n) is not in 1…256") }
    guard judge != .consensus || n > 1 else {
      throw ValidationError("--judge consensus needs at least 2 samples a question (--n)")
    }
    for (name, value) in [
      ("alpha", alpha), ("delta", delta),
    ] where !(value > 0 && value < 1) {
      throw ValidationError("--\(name) \(value) is not between 0 and 1")
    }
    guard calibrationShare > 0, calibrationShare <= 1 else {
      throw ValidationError("--calibration-share \(calibrationShare) is not in 0…1, above 0")
    }
  }

  func run() async throws {
    let request = self.request
    let outcome = try await withDaemons(isQuiet: quiet) { suite, observer in
      try await RejectionSamplingPipeline(request, suite: suite, observer: observer).run()
    }
    if outcome.wasFinished {
      StandardError.write("note: \(output) holds the results of these very inputs already\n")
    }
    try format.printResult(
      outcome.result, text: RejectionTable.text(outcome, folder: output))
  }

  private var request: RejectionSamplingRequest {
    var request = RejectionSamplingRequest(
      questions: questions, calibration: calibration, output: output)
    request.fields = fields.fields
    sampling.apply(to: &request.generation)
    request.generation.sampleCount = UInt32(n)
    request.judge = judge
    request.extraction = AnswerExtraction(form: answerForm.form, pattern: answerPattern)
    request.alpha = alpha
    request.delta = delta
    request.calibrationShare = calibrationShare
    request.promptTurns = promptTurns
    request.overwrites = overwrite
    return request
  }
}

extension RejectionSamplingRequest.JudgeName: ExpressibleByArgument {}
extension RejectionSamplingRequest.PromptTurns: ExpressibleByArgument {}

/// The names of the fields in the files of questions.
struct QuestionFieldOptions: ParsableArguments {
  @Option(name: .customLong("prompt-field"), help: "The field with the text to continue.")
  var prompt = "prompt"
  @Option(name: .customLong("messages-field"), help: "The field with the conversation.")
  var messages = "messages"
  @Option(name: .customLong("answer-field"), help: "The field with the gold answer.")
  var answer = "answer"
  @Option(name: .customLong("task-field"), help: "The field with the kind of question.")
  var task = "task"
  @Option(
    name: .customLong("id-field"),
    help: "The field with the id; where it is missing, the line number is the id.")
  var id = "id"

  /// The names together.
  var fields: QuestionFields {
    var fields = QuestionFields()
    fields.prompt = prompt
    fields.messages = messages
    fields.answer = answer
    fields.task = task
    fields.id = id
    return fields
  }
}
