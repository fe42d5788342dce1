package import Daemon
internal import Decoding
package import Messages
package import Scheduling
package import TTRPC

/// Runs language models: reads prompts, puts jobs into the batch of their model, and answers.
///
/// Texts become tokens on one thread of their own, models run on the compute thread; nothing
/// computes on an event loop or on the cooperative pool.
package struct LanguageModelService: InferenceServing {
  let catalog: LanguageModelCatalog
  let text: ComputeExecutor

  // An answer has to fit into a message of 4 MiB with its envelope.
  static let answerBytesMax = (4 << 20) - (64 << 10)
  /// Requests of a scoring stream that are on their way at once.
  static let streamWindow = 4

  /// Creates the service; `text` has one thread.
  package init(catalog: LanguageModelCatalog, text: ComputeExecutor) {
    self.catalog = catalog
    self.text = text
  }

  /// Generates from one prompt.
  package func generate(
    _ request: GenerateRequest, context: ServerContext,
    responses: MessageSink<GenerateResponse>
  ) async throws {
    try await catalog.withModel(request.model) { model in
      let prompt = try await tokens(request.prompt, of: model)
      let job = try GenerationJob(
        request, prompt: prompt, deadline: deadline(of: context, model))
      try job.checkOptions()
      let channel = try model.runner.start(.generation(job))
      for try await event in channel.events {
        channel.didRead(event)
        guard let response = Self.event(event, of: model) else { continue }
        try await responses.send(GenerateResponse(event: response))
      }
      try Task.checkCancellation()
    }
  }

  /// The token ids of prompts.
  package func tokenizePrompts(
    _ request: TokenizePromptsRequest, context: ServerContext
  ) async throws -> TokenizePromptsResponse {
    try Self.check(request.prompts.count, of: "prompts", 1...1_024)
    return try await catalog.withModel(request.model) { model in
      let reader = PromptReader(model.description)
      let sequences = try await text.run(cancellable: { flag in
        try request.prompts.enumerated().map { index, prompt in
          guard !flag.isCancelled else { throw CancellationError() }
          return try reader.tokens(prompt, name: "prompts[\(index)]")
        }
      })
      try Self.checkAnswer(sequences.reduce(0) { $0 + 4 + 3 * $1.count })
      return TokenizePromptsResponse(
        sequences: sequences.map { TokenIDs(ids: $0.map { UInt32($0) }) })
    }
  }

  /// The text of token ids.
  package func detokenize(
    _ request: DetokenizeRequest, context: ServerContext
  ) async throws -> DetokenizeResponse {
    try Self.check(request.sequences.count, of: "sequences", 1...1_024)
    return try await catalog.withModel(request.model) { model in
      let reader = PromptReader(model.description)
      let texts = try await text.run {
        try request.sequences.enumerated().map { index, tokens in
          reader.tokenizer.decode(
            try reader.ids(tokens, name: "sequences[\(index)]"),
            showingControlTokens: request.showSpecialTokens)
        }
      }
      try Self.checkAnswer(texts.reduce(0) { $0 + 8 + $1.count })
      return DetokenizeResponse(texts: texts.map { Bytes($0) })
    }
  }

  /// The tokens of a prompt.
  func tokens(_ prompt: Prompt?, of model: LoadedLanguageModel) async throws -> [Int32] {
    let reader = PromptReader(model.description)
    return try await text.run { try reader.tokens(prompt) }
  }

  /// When the engine has to be done, by the clock of the model's runner: a little before the
  /// caller gives up, so that what there is by then arrives.
  func deadline(of context: ServerContext, _ model: LoadedLanguageModel) -> Double? {
    guard let deadline = context.deadline else { return nil }
    let rest = (deadline - ContinuousClock().now) / .seconds(1)
    return model.runner.clock() + rest - min(0.2, max(0, rest * 0.2))
  }

  /// An event as a caller of `Generate` sees it.
  private static func event(
    _ event: GeneratorEvent.Kind, of model: LoadedLanguageModel
  ) -> GenerateResponse.Event? {
    switch event {
    case .started(let start):
      .start(
        GenerationStart(
          modelDigest: model.digest, promptTokenCount: UInt32(start.promptTokenCount),
          cachedTokenCount: UInt32(start.cachedTokenCount)))
    case .delta(let delta): .delta(GenerationDelta(delta, tokenizer: model.tokenizer))
    case .sampleEnded(let end): .end(SampleEnd(end))
    case .finished(let work): .statistics(GenerationStatistics(work))
    case .scored, .chosen, .hiddenStates, .failed: nil
    }
  }

  static func check(
    _ count: Int, of name: String, _ range: ClosedRange<Int>
  ) throws(InferenceServiceError) {
    guard range.contains(count) else {
      throw .value(
        name: name, value: "\(count) entries",
        range: "\(range.lowerBound) to \(range.upperBound)")
    }
  }

  static func checkAnswer(_ bytes: Int) throws(InferenceServiceError) {
    guard bytes <= answerBytesMax else { throw .answerBytes(bytes, limit: answerBytesMax) }
  }
}
