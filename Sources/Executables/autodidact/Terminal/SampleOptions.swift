import ArgumentParser
import Messages

/// How answers are drawn from a language model.
struct SampleOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The language model; the daemon's default if not given."))
  var model = ""
  @Option(help: "How bold draws are; 0 takes the most probable token always.")
  var temperature = 0.8
  @Option(help: ArgumentHelp("Draw from this many most probable tokens; 0: from all."))
  var topK: UInt32 = 0
  @Option(help: "Draw from the most probable tokens that have this share together.")
  var topP = 1.0
  @Option(help: "Draw from tokens with this share of the highest probability.")
  var minP = 0.0
  @Option(help: "The most tokens of an answer.")
  var maxTokens: UInt32 = 64
  @Option(help: ArgumentHelp("End an answer before this text; may be repeated.", valueName: "text"))
  var stop: [String] = []
  @Option(help: "Seeds every draw.")
  var seed: UInt64 = 0
  @Option(help: "How tokens are guessed; changes the speed, never an answer.")
  var speculate = SpeculationChoice.auto

  func validate() throws {
    guard temperature >= 0, temperature <= 10 else {
      throw ValidationError("--temperature \(temperature) is not in 0…10")
    }
    guard topP > 0, topP <= 1 else {
      throw ValidationError("--top-p \(topP) is not in 0…1, above 0")
    }
    guard (0...1).contains(minP) else { throw ValidationError("--min-p \(minP) is not in 0…1") }
    guard maxTokens > 0 else { throw ValidationError("--max-tokens must be at least 1") }
    if let long = stop.first(where: { $0.isEmpty || $0.utf8.count > 256 }) {
      throw ValidationError("--stop \"\(long.prefix(20))\" has not 1 to 256 bytes")
    }
    guard stop.count <= 16 else { throw ValidationError("\(stop.count) times --stop; at most 16") }
  }

  /// Puts the options into a request.
  func apply(to request: inout GenerateRequest) {
    request.model = model
    request.sampling = SamplingOptions(
      temperature: temperature, topK: topK, topP: topP == 1 ? 0 : topP, minP: minP, seed: seed)
    request.stop = StopOptions(tokensMax: maxTokens, strings: stop)
    request.speculation = speculate.speculation
  }
}
