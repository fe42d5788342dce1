import ArgumentParser
import AutodidactClient
import Messages
import Pipelines

/// Heads and runs in the teacher.
struct Teach: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "teacher",
    abstract: "Fit classifier heads, label features, and ask why and what next.",
    subcommands: [TeacherFit.self, TeacherLabel.self, TeacherExplain.self, TeacherNext.self])
}

/// Where a head is: a file, or a folder that `selftrain` wrote.
struct HeadLocation {
  var head: Head

  init(path: String) throws {
    if path.hasSuffix(".safetensors") {
      head = try HeadFile.head(at: path)
    } else {
      head = try ModelFolder(path: path).head
    }
  }
}

/// Which run a command is about.
struct RunOption: ParsableArguments {
  @Option(help: ArgumentHelp("A folder that selftrain wrote.", valueName: "dir"))
  var model: String?
  @Option(help: "The id of a run in the teacher.")
  var run: String?

  func validate() throws {
    guard (model == nil) != (run == nil) else {
      throw ValidationError("one of --model and --run is needed")
    }
  }

  /// The run's id.
  var runID: String {
    get throws {
      if let run { return run }
      return try ModelFolder(path: model ?? "").card.training.run
    }
  }
}

/// Fits a head.
struct TeacherFit: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fit",
    abstract: "Fit and calibrate a classifier head on labelled features.",
    discussion: """
      Example:
        autodidact teacher fit --features train.npy --labels train.jsonl --output head.safetensors
      """)

  @Option(help: ArgumentHelp("The features.", valueName: "file"))
  var features: String
  @Option(help: ArgumentHelp("JSON Lines with a label for each row.", valueName: "file"))
  var labels: String
  @Option(help: ArgumentHelp("The head: FILE.safetensors.", valueName: "file"))
  var output: String
  @Option(help: "The inverse of the L2 penalty, as scikit-learn's C.")
  var c = 10.0
  @Option(name: .customLong("label-field"), help: "The field with the class.")
  var labelField = "label"
  @OptionGroup var format: FormatOption

  func validate() throws {
    guard output.hasSuffix(".safetensors") else {
      throw ValidationError("--output \(output) must end in .safetensors")
    }
    guard c > 0 else { throw ValidationError("--c \(c) is not above 0") }
  }

  /// What is printed.
  private struct Summary: Encodable {
    var classes: [String]
    var loss: Double
    var iterationCount: UInt32
    var converged: Bool
    var temperature: Double
    var eceBefore: Double?
    var eceAfter: Double?
    var digest: String
  }

  func run() async throws {
    let file = try FeatureFile(path: features)
    let labelFile = try LabelFile(path: labels, fields: SampleFields(label: labelField))
    var options = HeadOptions()
    options.c = c
    let headOptions = options
    let response = try await withDaemons { suite, observer in
      try await HeadJobs(suite: suite, observer: observer)
        .fit(features: file, labels: labelFile, options: headOptions)
    }
    let head = response.head ?? Head()
    try HeadFile.write(head, to: output)
    let calibration = response.calibration.flatMap { $0.rowCount > 0 ? $0 : nil }
    var text =
      "\(head.classes.count.counted("class", "classes")), loss \(response.loss.fixed(4)) "
      + "after \(Int(response.iterationCount).counted("iteration")), in \(output)"
    if let calibration {
      text +=
        "\ntemperature \(head.temperature.fixed(3)): ECE \(calibration.eceBefore.fixed(3)) "
        + "→ \(calibration.eceAfter.fixed(3)) on out-of-fold predictions"
    }
    try format.printResult(
      Summary(
        classes: head.classes, loss: response.loss, iterationCount: response.iterationCount,
        converged: response.converged, temperature: head.temperature,
        eceBefore: calibration?.eceBefore, eceAfter: calibration?.eceAfter, digest: head.digest),
      text: text)
  }
}

/// Labels features.
struct TeacherLabel: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "label",
    abstract: "Label features with a head: class and calibrated confidence.",
    discussion: """
      Examples:
        autodidact teacher label --head head.safetensors --features new.npy --output labels.jsonl
        autodidact teacher label --head model --features new.npy --output -
      """)

  @Option(
    help: ArgumentHelp("A head.safetensors, or a folder of selftrain.", valueName: "file"))
  var head: String
  @Option(help: ArgumentHelp("The features.", valueName: "file"))
  var features: String
  @Option(help: ArgumentHelp("The labels; - is the standard output.", valueName: "file"))
  var output: String

  func run() async throws {
    let file = try FeatureFile(path: features)
    let reference = HeadReference(reference: .head(try HeadLocation(path: head).head))
    let output = self.output
    let count = try await withDaemons { suite, observer in
      try await HeadJobs(suite: suite, observer: observer)
        .label(head: reference, features: file, output: output)
    }
    if output != "-" { print("\(count.counted("label")) in \(output)") }
  }
}
