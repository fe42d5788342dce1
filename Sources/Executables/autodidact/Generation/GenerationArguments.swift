import ArgumentParser
import Messages

/// How texts are generated, as options of the command line.
struct GenerationArguments: ParsableArguments {
  @Option(help: "The language model; the daemon's default if not given.")
  var model = ""
  @Option(help: "The most tokens of an answer.")
  var maxTokens: UInt32 = 512
  @Option(help: "0: always the most probable token; else up to 10.")
  var temperature = 0.0
  @Option(help: "Draw from the most probable tokens that together have this probability.")
  var topP = 1.0
  @Option(help: "Draw from this many most probable tokens; 0: from all.")
  var topK: UInt32 = 0
  @Option(help: "Draw from tokens with this share of the highest probability.")
  var minP = 0.0
  @Option(help: "Divide the logits of tokens that occurred by this.")
  var repetitionPenalty = 1.0
  @Option(parsing: .unconditional, help: "Subtract this from a logit for each occurrence.")
  var frequencyPenalty = 0.0
  @Option(
    parsing: .unconditional, help: "Subtract this once from the logits of tokens that occurred.")
  var presencePenalty = 0.0
  @Option(help: "The same seed gives the same text.")
  var seed: UInt64 = 0
  @Option(help: ArgumentHelp("End before this text; may be given again.", valueName: "string"))
  var stop: [String] = []
  @Option(name: [.customLong("samples"), .customShort("n")], help: "Samples of each prompt.")
  var sampleCount: UInt32 = 1
  @Option(help: "How tokens are guessed: auto, off or lookup; the text is the same.")
  var speculate = SpeculationChoice.auto

  func validate() throws {
    // The message says 0 for the default.
    guard topP > 0, topP <= 1 else { throw ValidationError("--top-p must be above 0, up to 1") }
    guard repetitionPenalty > 0 else {
      throw ValidationError("--repetition-penalty must be above 0")
    }
    guard maxTokens > 0 else { throw ValidationError("--max-tokens must be at least 1") }
    guard (1...256).contains(sampleCount) else {
      throw ValidationError("--samples must be 1 to 256")
    }
  }

  /// The options as a request without a prompt.
  var request: GenerateRequest {
    GenerateRequest(
      model: model,
      sampling: SamplingOptions(
        temperature: temperature, topK: topK, topP: topP, minP: minP,
        repetitionPenalty: repetitionPenalty, frequencyPenalty: frequencyPenalty,
        presencePenalty: presencePenalty, seed: seed),
      stop: StopOptions(tokensMax: maxTokens, strings: stop),
      speculation: speculate.speculation, sampleCount: sampleCount)
  }
}
