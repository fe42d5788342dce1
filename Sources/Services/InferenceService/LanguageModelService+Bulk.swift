package import Daemon
internal import Decoding
package import Messages
package import TTRPC

extension LanguageModelService {
  /// Generates from the prompts of a stream; each is answered as soon as it is done.
  ///
  /// So many prompts are under way at once as fill most of a batch; the next is read when one is
  /// answered, so memory does not grow with the stream, and a slow reader slows only itself.
  package func generateBulk(
    _ requests: MessageSource<GenerateBulkRequest>, context: ServerContext,
    responses: MessageSink<GenerateBulkResponse>
  ) async throws {
    var requests = requests.makeAsyncIterator()
    guard case .header(let header)? = try await requests.next()?.part,
      let options = header.options
    else {
      throw InferenceServiceError.value(
        name: "the first request", value: "no header", range: "a header with options")
    }
    try await catalog.withModel(options.model) { model in
      try GenerationJob(options, prompt: [], deadline: nil).checkOptions()
      let window = max(1, catalog.settings.configuration.batchJobsMax * 3 / 4)
      try await withThrowingTaskGroup(of: Void.self) { group in
        var count = 0
        while let request = try await requests.next() {
          guard case .prompt(let prompt)? = request.part else {
            throw InferenceServiceError.value(
              name: "a later request", value: "no prompt", range: "a prompt")
          }
          if count == window {
            try await group.next()
            count -= 1
          }
          count += 1
          group.addTask {
            try await responses.send(answer(prompt, options, context, model))
          }
        }
        while try await group.next() != nil {}
      }
    }
  }

  /// Generates from one prompt of a stream.
  private func answer(
    _ prompt: BulkPrompt, _ options: GenerateRequest, _ context: ServerContext,
    _ model: LoadedLanguageModel
  ) async throws -> GenerateBulkResponse {
    do {
      var request = options
      if let seed = prompt.seed {
        request.sampling = request.sampling ?? SamplingOptions()
        request.sampling?.seed = seed
      }
      let job = try GenerationJob(
        request, prompt: try await tokens(prompt.prompt, of: model),
        deadline: deadline(of: context, model))
      var response = try await generate(job, model)
      response.sequence = prompt.sequence
      return response
    } catch let error as InferenceServiceError where error.concernsOneItem {
      return GenerateBulkResponse(sequence: prompt.sequence, failure: ItemFailure(error))
    }
  }

  private func generate(
    _ job: GenerationJob, _ model: LoadedLanguageModel
  ) async throws -> GenerateBulkResponse {
    let channel = try await model.runner.startWhenRoom(.generation(job))
    var collector = CompletionCollector(job, tokenizer: model.tokenizer)
    var response = GenerateBulkResponse()
    for try await event in channel.events {
      channel.didRead(event)
      switch event {
      case .delta(let delta): collector.append(delta)
      case .sampleEnded(let end): collector.end(end)
      case .finished(let work): response.statistics = GenerationStatistics(work)
      case .started, .scored, .chosen, .hiddenStates, .failed: break
      }
      try Self.checkAnswer(collector.byteCount)
    }
    try Task.checkCancellation()
    response.completions = collector.completions
    return response
  }
}

extension InferenceServiceError {
  /// Whether other items of the same stream may still succeed.
  var concernsOneItem: Bool {
    switch self {
    case .value, .admission, .noChatTemplate, .answerBytes, .unread, .job(.deadline): true
    default: false
    }
  }

  /// Whether the same item may succeed later.
  var isPassing: Bool {
    switch self {
    case .admission(.queueFull), .busy, .memory, .unread, .unloaded, .stopping, .job(.deadline):
      true
    default: false
    }
  }
}

extension ItemFailure {
  /// The failure that a caller sees.
  init(_ error: InferenceServiceError) {
    self.init(
      code: error.rpcError.code.rawValue, message: error.description, passing: error.isPassing)
  }
}
