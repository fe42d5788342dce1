package import Daemon
internal import Decoding
package import Messages
internal import Scheduling
package import TTRPC
internal import Transformers

extension LanguageModelService {
  /// The log-probabilities of continuations of one prompt.
  package func scoreContinuations(
    _ request: ScoreContinuationsRequest, context: ServerContext
  ) async throws -> ScoreContinuationsResponse {
    try await catalog.withModel(request.model) { model in
      try await score(request, context, model)
    }
  }

  /// The same for the requests of a stream, a few at a time, answered in their order.
  package func scoreContinuationsStream(
    _ requests: MessageSource<ScoreContinuationsRequest>, context: ServerContext,
    responses: MessageSink<ScoreContinuationsResponse>
  ) async throws {
    var requests = requests.makeAsyncIterator()
    guard let first = try await requests.next() else { return }
    try await catalog.withModel(first.model) { model in
      try await withThrowingTaskGroup(of: (Int, ScoreContinuationsResponse).self) { group in
        var next: ScoreContinuationsRequest? = first
        var started = 0
        var answered = 0
        var ready: [Int: ScoreContinuationsResponse] = [:]
        while next != nil || answered < started {
          while let request = next, started - answered < Self.streamWindow {
            let place = started
            group.addTask { (place, try await itemScore(request, context, model)) }
            started += 1
            next = try await requests.next()
          }
          guard let (place, response) = try await group.next() else { break }
          ready[place] = response
          while let response = ready.removeValue(forKey: answered) {
            try await responses.send(response)
            answered += 1
          }
        }
      }
    }
  }

  /// Which of some candidates follows a prompt.
  package func choose(
    _ request: ChooseRequest, context: ServerContext
  ) async throws -> ChooseResponse {
    try Self.check(request.candidates.count, of: "candidates", 2...1_024)
    return try await catalog.withModel(request.model) { model in
      let reader = PromptReader(model.description)
      var job = try await text.run {
        try ChoiceJob(
          prompt: reader.tokens(request.prompt),
          candidates: request.candidates.map {
            reader.tokenizer.encode($0, recognizingSpecialTokens: false)
          })
      }
      job.normalizesByLength = request.normalizeByLength
      job.deadline = deadline(of: context, model)
      guard case .chosen(let result) = try await result(of: .choice(job), model) else {
        throw InferenceServiceError.stopping
      }
      return ChooseResponse(
        choice: UInt32(result.choice),
        scores: result.scores.map {
          ChoiceScore(
            logProbability: $0.logProbability, tokenCount: UInt32($0.tokenCount),
            probability: $0.probability)
        }, mass: result.mass, modelDigest: model.digest)
    }
  }

  /// The hidden states of prompts.
  package func hiddenStates(
    _ request: HiddenStatesRequest, context: ServerContext
  ) async throws -> HiddenStatesResponse {
    try Self.check(request.prompts.count, of: "prompts", 1...HiddenStatesJob.promptCountMax)
    return try await catalog.withModel(request.model) { model in
      let reader = PromptReader(model.description)
      var job = HiddenStatesJob(
        prompts: try await text.run {
          try request.prompts.enumerated().map { index, prompt in
            try reader.tokens(prompt, name: "prompts[\(index)]")
          }
        })
      job.pooling = HiddenPooling(request.pooling)
      job.layer = Int(request.layer)
      job.deadline = deadline(of: context, model)
      let rowCount =
        job.pooling == .all ? job.prompts.reduce(0) { $0 + $1.count } : job.prompts.count
      try Self.checkAnswer(4 * rowCount * model.description.network.hiddenSize)
      guard case .hiddenStates(let result) = try await result(of: .hiddenStates(job), model)
      else { throw InferenceServiceError.stopping }
      return HiddenStatesResponse(
        states: Tensor(
          rowCount: result.rowCount, columnCount: result.columnCount, floats: result.states),
        tokenCounts: result.tokenCounts.map { UInt32($0) }, modelDigest: model.digest)
    }
  }

  /// One request of a stream; what is wrong with it alone becomes part of the answer.
  private func itemScore(
    _ request: ScoreContinuationsRequest, _ context: ServerContext, _ model: LoadedLanguageModel
  ) async throws -> ScoreContinuationsResponse {
    do {
      return try await score(request, context, model, waitsForRoom: true)
    } catch let error as InferenceServiceError where error.concernsOneItem {
      return ScoreContinuationsResponse(sequence: request.sequence, failure: ItemFailure(error))
    }
  }

  private func score(
    _ request: ScoreContinuationsRequest, _ context: ServerContext, _ model: LoadedLanguageModel,
    waitsForRoom: Bool = false
  ) async throws -> ScoreContinuationsResponse {
    try Self.check(request.continuations.count, of: "continuations", 1...1_024)
    let reader = PromptReader(model.description)
    var job = try await text.run {
      try ScoringJob(
        prompt: reader.tokens(request.prompt),
        continuations: request.continuations.enumerated().map { index, continuation in
          try reader.tokens(continuation, index: index)
        })
    }
    job.includesEndToken = request.includeEndToken
    job.report = TokenReport(request.detail)
    job.reportsEntropies = request.entropies
    job.deadline = deadline(of: context, model)
    let tokenCount = job.continuations.reduce(0) { $0 + $1.count + 1 }
    try Self.checkAnswer(tokenCount * (24 + 24 * job.report.topCount))
    let outcome = try await result(of: .scoring(job), model, waitsForRoom: waitsForRoom)
    guard case .scored(let result) = outcome else { throw InferenceServiceError.stopping }
    return ScoreContinuationsResponse(
      sequence: request.sequence,
      scores: result.scores.map { ContinuationScore($0, request, model.tokenizer) },
      promptTokenCount: UInt32(result.promptTokenCount), modelDigest: model.digest)
  }

  /// The one event of a job that has one.
  private func result(
    of job: GeneratorJob, _ model: LoadedLanguageModel, waitsForRoom: Bool = false
  ) async throws -> GeneratorEvent.Kind? {
    let channel =
      waitsForRoom
      ? try await model.runner.startWhenRoom(job) : try model.runner.start(job)
    var result: GeneratorEvent.Kind?
    for try await event in channel.events { result = event }
    try Task.checkCancellation()
    return result
  }
}
