import ArgumentParser
import AutodidactClient
import Messages
import Pipelines

/// The main job.
struct SelfTrain: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "selftrain",
    abstract: "Turn a few labels and many unlabelled texts into a classifier with a report.",
    discussion: """
      Reads JSON Lines (plain or .gz) with {"text": …, "label": …}, encodes the texts, sets foreign
      ones aside, self-trains, and compares with the classifier from the labels alone. DIR gets the
      model, pseudo_labels.jsonl, quarantine.jsonl, metrics.json and report.html.

      An interrupted run goes on where it stopped when the same command is given again.

      Examples:
        autodidact selftrain --labelled l.jsonl --unlabelled u.jsonl --output model
        autodidact selftrain --labelled l.jsonl.gz --unlabelled u.jsonl.gz --test t.jsonl \\
          --text-field body --label-field section --strategy hast --output model
      """)

  /// The strategies that the teacher offers here.
  enum StrategyName: String, ExpressibleByArgument, CaseIterable {
    case balancedQuotas = "balanced-quotas"
    case hast
    case fixedThreshold = "fixed-threshold"
    case supervised

    var strategy: Strategy {
      switch self {
      case .balancedQuotas: Strategy(parameters: .balancedQuotas(.init()))
      case .hast: Strategy(parameters: .hast(.init()))
      case .fixedThreshold: Strategy(parameters: .fixedThreshold(.init()))
      case .supervised: Strategy(parameters: .supervised(.init()))
      }
    }
  }

  /// When the quarantine of foreign texts acts.
  enum QuarantineName: String, ExpressibleByArgument, CaseIterable {
    case automatic, always, never

    var policy: QuarantinePolicy {
      switch self {
      case .automatic: .automatic
      case .always: .always
      case .never: .never
      }
    }
  }

  @Option(help: ArgumentHelp("The texts with classes.", valueName: "file"))
  var labelled: String
  @Option(help: ArgumentHelp("The texts without classes.", valueName: "file"))
  var unlabelled: String
  @Option(
    help: ArgumentHelp("Texts with classes that are used for measuring only.", valueName: "file"))
  var test: String?
  @Option(help: ArgumentHelp("The folder for the results.", valueName: "dir"))
  var output: String
  @Option(help: "How pseudo-labels are chosen.")
  var strategy = StrategyName.balancedQuotas
  @Option(help: "Whether texts that look foreign are set aside.")
  var quarantine = QuarantineName.automatic
  @Option(help: ArgumentHelp("The encoder model; the encoder's default if not given."))
  var model = ""
  @Option(
    help: ArgumentHelp(
      "The detector for classify: \(OODMethod.wireIDs.joined(separator: ", ")).",
      valueName: "method"))
  var detector: String?
  @Option(help: "The share of good texts that the detector may flag, between 0 and 1.")
  var falseAlarmRate = 0.05
  @Option(help: "Seeds every draw.")
  var seed: UInt64 = 0
  @Flag(help: "Replace results from other inputs in the folder.")
  var overwrite = false
  @Flag(help: "Show no progress.")
  var quiet = false
  @OptionGroup var fields: FieldOptions
  @OptionGroup var format: FormatOption

  func validate() throws {
    guard falseAlarmRate > 0, falseAlarmRate < 1 else {
      throw ValidationError("--false-alarm-rate \(falseAlarmRate) is not between 0 and 1")
    }
    if let detector, OODMethod(wireID: detector) == nil {
      throw ValidationError(
        "--detector \(detector) is none of \(OODMethod.wireIDs.joined(separator: ", "))")
    }
  }

  func run() async throws {
    let request = self.request
    let suite = AutodidactClient.Autodidact()
    let progress = TerminalProgress(isQuiet: quiet)
    let outcome: SelfTrainingPipeline.Outcome
    do {
      outcome = try await cancellingOnInterrupt {
        try await SelfTrainingPipeline(request, suite: suite, observer: progress.observer).run()
      }
    } catch let error as SelfTrainingError {
      progress.finish()
      if case .interrupted(let runID?) = error {
        // ignoring: the run stops by itself at its end; the same command finds it either way.
        _ = try? await suite.teacher.stopRun(StopRunRequest(runID: runID))
      }
      await suite.close()
      throw error
    }
    progress.finish()
    await suite.close()
    if outcome.wasFinished {
      StandardError.write("note: \(output) holds the results of these very inputs already\n")
    }
    try format.printResult(
      outcome.result, text: ResultTable.text(outcome.result, folder: output))
  }

  private var request: SelfTrainingRequest {
    var request = SelfTrainingRequest(
      labelled: labelled, unlabelled: unlabelled, test: test, output: output)
    request.fields = SampleFields(text: fields.text, label: fields.label, id: fields.id)
    request.model = model
    request.options.strategy = strategy.strategy
    request.options.quarantine = quarantine.policy
    request.options.seed = seed
    request.detector = detector.flatMap { OODMethod(wireID: $0) } ?? OODMethod()
    request.falseAlarmRate = falseAlarmRate
    request.overwrites = overwrite
    return request
  }
}
