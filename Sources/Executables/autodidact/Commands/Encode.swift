import ArgumentParser
import AutodidactClient
import Pipelines

/// Texts to features.
struct Encode: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Turn texts into features.",
    discussion: """
      Writes float32 rows, one for each line, to a NumPy (.npy) or safetensors file.

      Examples:
        autodidact encode --model minilm --input texts.jsonl --output features.npy
        autodidact encode --input texts.jsonl.gz --field body --output features.safetensors
      """)

  @Option(help: "The encoder model; the encoder's default if not given.")
  var model = ""
  @Option(help: ArgumentHelp("The texts; - is the standard input.", valueName: "file"))
  var input: String
  @Option(help: "The field with the text.")
  var field = "text"
  @Option(
    help: ArgumentHelp("The features: FILE.npy or FILE.safetensors.", valueName: "file"))
  var output: String
  @Flag(help: "Show no progress.")
  var quiet = false
  @OptionGroup var format: FormatOption

  func validate() throws {
    guard output.hasSuffix(".npy") || output.hasSuffix(".safetensors") else {
      throw ValidationError("--output \(output) must end in .npy or .safetensors")
    }
  }

  func run() async throws {
    let (input, output, model) = (self.input, self.output, self.model)
    let fields = SampleFields(text: field)
    let summary = try await withDaemons(isQuiet: quiet) { suite, observer in
      try await EncodePipeline(suite: suite, model: model, fields: fields, observer: observer)
        .run(input: input, output: output)
    }
    var text = "\(summary.rowCount.counted("row")) of \(summary.dimensions) dimensions in \(output)"
    if summary.truncatedCount > 0 {
      text += "; \(summary.truncatedCount.counted("text")) cut to what the model can take"
    }
    try format.printResult(summary, text: text)
  }
}
