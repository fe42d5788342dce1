import ArgumentParser
import AutodidactClient
import Pipelines

/// Uses what `selftrain` made.
struct Classify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Label texts with a self-trained model: class, calibrated confidence, OOD verdict.",
    discussion: """
      Reads JSON Lines and writes one line for each, in the same order:
        {"confidence":0.93,"id":"7","label":"games","ood_p_value":0.4,"ood_score":0.31,
         "out_of_distribution":false}
      A line whose text is empty gets "label": null.

      Examples:
        autodidact classify --model model --input new.jsonl --output classified.jsonl
        zcat new.jsonl.gz | autodidact classify --model model --input - --output - | jq .label
      """)

  @Option(help: ArgumentHelp("The folder that selftrain wrote.", valueName: "dir"))
  var model: String
  @Option(help: ArgumentHelp("The texts; - is the standard input.", valueName: "file"))
  var input: String
  @Option(help: ArgumentHelp("The labels; - is the standard output.", valueName: "file"))
  var output: String
  @Option(
    name: .customLong("text-field"),
    help: "The field with the text; as in training if not given.")
  var textField: String?
  @Option(
    name: .customLong("id-field"), help: "The field with the id; as in training if not given.")
  var idField: String?
  @Flag(help: "Repeat the text in the output.")
  var includeText = false
  @Flag(help: "Show no progress.")
  var quiet = false
  @OptionGroup var format: FormatOption

  func run() async throws {
    let folder = try ModelFolder(path: model)
    var fields = folder.card.fields
    if let textField { fields.text = textField }
    if let idField { fields.id = idField }
    let (input, output, includeText) = (self.input, self.output, self.includeText)
    let inputFields = fields
    let summary = try await withDaemons(isQuiet: quiet) { suite, observer in
      try await ClassifyPipeline(
        model: folder, suite: suite, fields: inputFields, includesText: includeText,
        observer: observer
      ).run(input: input, output: output)
    }
    // The standard output belongs to the labels where they go there.
    guard output != "-" else { return }
    try format.printResult(summary, text: Self.text(summary, output: output))
  }

  private static func text(_ summary: ClassifyPipeline.Summary, output: String) -> String {
    var text = "\(summary.rowCount.counted("line")) written to \(output)"
    text += "; \(summary.outOfDistributionCount.grouped) look foreign"
    if summary.emptyCount > 0 { text += "; \(summary.emptyCount.grouped) have no text" }
    if summary.truncatedCount > 0 {
      text += "; \(summary.truncatedCount.grouped) were cut to what the model can take"
    }
    return text
  }
}
