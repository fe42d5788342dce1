import ArgumentParser
import AutodidactClient
import Messages
import Pipelines

/// Detectors on files of features.
struct OutOfDistribution: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ood",
    abstract: "Tell samples of a known distribution from others, in feature space.",
    subcommands: [OODFit.self, OODScore.self, OODEvaluate.self])
}

/// Fits a detector.
struct OODFit: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fit",
    abstract: "Fit a detector on features and store it in the OOD service.",
    discussion: """
      Features are float32 rows in a .npy or .safetensors file; labels are JSON Lines with a label
      in each line. Held-out features set the threshold.

      Examples:
        autodidact ood fit --method knn --features train.npy --held-out held.npy --name known
        autodidact ood fit --method mahalanobis --features train.npy --labels train.jsonl --name m
      """)

  @Option(help: "The method: \(OODMethod.wireIDs.joined(separator: ", ")).")
  var method = "knn"
  @Option(help: ArgumentHelp("The features to fit on.", valueName: "file"))
  var features: String
  @Option(help: ArgumentHelp("The classes of the features' rows.", valueName: "file"))
  var labels: String?
  @Option(
    help: ArgumentHelp("Features that set the threshold and standardise.", valueName: "file"))
  var heldOut: String?
  @Option(
    help: ArgumentHelp(
      "A head.safetensors or a folder of selftrain, for methods that need a head.",
      valueName: "file"))
  var head: String?
  @Option(help: "The detector's name.")
  var name: String
  @Option(help: "The share of good samples that may be flagged, between 0 and 1.")
  var falseAlarmRate = 0.05
  @Option(name: .customLong("label-field"), help: "The field with the class.")
  var labelField = "label"
  @OptionGroup var format: FormatOption

  func validate() throws {
    guard OODMethod(wireID: method) != nil else {
      throw ValidationError(
        "--method \(method) is none of \(OODMethod.wireIDs.joined(separator: ", "))")
    }
    guard falseAlarmRate > 0, falseAlarmRate < 1 else {
      throw ValidationError("--false-alarm-rate \(falseAlarmRate) is not between 0 and 1")
    }
  }

  /// What is printed.
  private struct Summary: Encodable {
    var name: String
    var method: String
    var digest: String
    var dimensions: UInt32
    var fittedRowCount: UInt64
    var isCalibrated: Bool
    var threshold: Double?
    var remarks: [String]
  }

  func run() async throws {
    let train = try FeatureFile(path: features)
    let held = try heldOut.map { try FeatureFile(path: $0) }
    let classes = try labels.map {
      try LabelFile(path: $0, fields: SampleFields(label: labelField)).indices.map { Int64($0) }
    }
    var header = FitDetectorHeader()
    header.name = name
    header.method = OODMethod(wireID: method)
    header.head = try head.map { try HeadLocation(path: $0).head }
    header.falseAlarmRate = falseAlarmRate
    let message = header
    let detector = try await withDaemons { suite, observer in
      try await DetectorJobs(suite: suite, observer: observer)
        .fit(message, features: train, labels: classes, heldOut: held)
    }
    let isCalibrated = detector.threshold?.calibrated ?? false
    let summary = Summary(
      name: detector.name, method: method, digest: detector.digest,
      dimensions: detector.dimensions, fittedRowCount: detector.fittedRowCount,
      isCalibrated: isCalibrated, threshold: isCalibrated ? detector.threshold?.score : nil,
      remarks: detector.remarks)
    let state =
      isCalibrated
      ? "threshold \((summary.threshold ?? 0).fixed(4))"
      : "not calibrated: no held-out features"
    let lines =
      ["\(name): \(method) on \(Int(detector.fittedRowCount).counted("row")), \(state)"]
      + detector.remarks
    try format.printResult(summary, text: lines.joined(separator: "\n"))
  }
}

/// Scores features.
struct OODScore: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "Score features with a stored detector; higher is more foreign.",
    discussion: """
      Example:
        autodidact ood score --detector known --features new.npy --output scores.npy
      """)

  @Option(help: "The detector's name.")
  var detector: String
  @Option(help: ArgumentHelp("The features.", valueName: "file"))
  var features: String
  @Option(help: ArgumentHelp("The scores: FILE.npy or FILE.safetensors.", valueName: "file"))
  var output: String
  @OptionGroup var format: FormatOption

  /// What is printed.
  private struct Summary: Encodable {
    var rowCount: Int
    var outOfDistributionCount: Int?
  }

  func run() async throws {
    let file = try FeatureFile(path: features)
    let (detector, output) = (self.detector, self.output)
    let scored = try await withDaemons { suite, observer in
      try await DetectorJobs(suite: suite, observer: observer)
        .score(detector: detector, features: file, output: output)
    }
    let verdict =
      scored.isCalibrated
      ? "\(scored.flaggedCount.grouped) look foreign" : "the detector is not calibrated"
    try format.printResult(
      Summary(
        rowCount: scored.rowCount,
        outOfDistributionCount: scored.isCalibrated ? scored.flaggedCount : nil),
      text: "\(scored.rowCount.counted("score")) in \(output); \(verdict)")
  }
}

/// Measures a detector.
struct OODEvaluate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure how well a detector tells one file of features from another.",
    discussion: """
      Example:
        autodidact ood evaluate --detector known --id test.npy --ood foreign.npy
      """)

  @Option(help: "The detector's name.")
  var detector: String
  @Option(name: .customLong("id"), help: "Features of the known distribution.")
  var inDistribution: String
  @Option(name: .customLong("ood"), help: "Features of another distribution.")
  var outOfDistribution: String
  @OptionGroup var format: FormatOption

  /// What is printed.
  private struct Summary: Encodable {
    var auroc: Double
    var fpr95OodPositive: Double
    var fpr95IdPositive: Double
    var auprIn: Double
    var auprOut: Double
    var inDistributionCount: UInt64
    var outOfDistributionCount: UInt64
    var falseAlarmRate: Double
    var recall: Double
  }

  func run() async throws {
    let known = try FeatureFile(path: inDistribution)
    let foreign = try FeatureFile(path: outOfDistribution)
    let detector = self.detector
    let result = try await withDaemons { suite, observer in
      try await DetectorJobs(suite: suite, observer: observer)
        .evaluate(detector: detector, inDistribution: known, outOfDistribution: foreign)
    }
    let table = ResultTable.table([
      ["AUROC", result.auroc.fixed(4)],
      ["FPR@95TPR (foreign positive)", result.fpr95OODPositive.fixed(4)],
      ["FPR@95TPR (known positive)", result.fpr95IDPositive.fixed(4)],
      ["AUPR-in", result.auprIn.fixed(4)],
      ["AUPR-out", result.auprOut.fixed(4)],
      ["false alarms at the threshold", result.falseAlarmRate.fixed(4)],
      ["recall at the threshold", result.recall.fixed(4)],
    ])
    try format.printResult(
      Summary(
        auroc: result.auroc, fpr95OodPositive: result.fpr95OODPositive,
        fpr95IdPositive: result.fpr95IDPositive, auprIn: result.auprIn, auprOut: result.auprOut,
        inDistributionCount: result.inDistributionCount,
        outOfDistributionCount: result.outOfDistributionCount,
        falseAlarmRate: result.falseAlarmRate, recall: result.recall),
      text: table)
  }
}
