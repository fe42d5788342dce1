internal import AutodidactClient
internal import Messages
internal import TTRPC

/// Calls the encoder and the language model, again and with longer pauses where they do not answer.
struct ModelAsker: Sendable {
  let suite: Autodidact
  /// How long one call is tried again, in all.
  let patience: Duration
  /// Suspends; tests do not wait.
  let pause: @Sendable (Duration) async throws -> Void

  /// Runs a call until it answers, fails for good or patience ends.
  private func answer<Answer>(
    of daemon: DaemonName, _ call: () async throws(CallError) -> Answer
  ) async throws -> Answer {
    var waited = Duration.zero
    var next = Duration.milliseconds(250)
    while true {
      do throws(CallError) {
        return try await call()
      } catch {
        let isPassing = error.code == .unavailable || error.code == .resourceExhausted
        guard isPassing, waited < patience else {
          throw JudgeServiceError.upstream(
            daemon: daemon.rawValue, code: error.code, message: error.message)
        }
        let rest = min(next, patience - waited)
        try await pause(rest)
        waited += rest
        next = min(next * 2, .seconds(4))
      }
    }
  }

  /// Encodes texts; `name` is the model's.
  func encode(_ texts: [String], model name: String, states: Bool) async throws -> EncodeResponse {
    var options = EncodeOptions()
    // Judged text must not be read as control tokens.
    options.specialTokens = .asText
    options.tokenStates = states
    let request = EncodeRequest(
      model: name, options: options, input: .text(TextBatch(texts: texts)))
    return try await answer(of: .encoder) { () throws(CallError) in
      try await suite.encoder.encode(request, options: CallOptions(timeout: .seconds(300)))
    }
  }

  /// The log-probabilities of continuations of one prompt; `name` is the model's.
  func score(
    _ continuations: [String], after prompt: Prompt, model name: String
  ) async throws -> ScoreContinuationsResponse {
    let request = ScoreContinuationsRequest(
      model: name, prompt: prompt,
      continuations: continuations.map { Continuation(input: .text($0)) },
      detail: TokenDetail(logProbabilities: true))
    return try await answer(of: .inference) { () throws(CallError) in
      try await suite.inference.scoreContinuations(
        request, options: CallOptions(timeout: .seconds(600)))
    }
  }

  /// The encoder model of a name, the default's where it is empty: its full name, its digest, and
  /// how many texts' token states fit into a message.
  func encoderModel(_ name: String) async throws -> EncoderModelFacts {
    let listed = try await answer(of: .encoder) { () throws(CallError) in
      try await suite.encoder.listModels(ListEncoderModelsRequest())
    }
    let found = listed.models.first { name.isEmpty ? $0.isDefault : $0.name == name }
    let resolved = found?.name ?? name
    let probe = try await encode(["a"], model: resolved, states: false)
    return EncoderModelFacts(name: resolved, digest: probe.modelDigest)
  }

  /// The language model of a name, the default's where it is empty: its full name and its digest.
  func languageModel(_ name: String) async throws -> (name: String, digest: String) {
    let listed = try await answer(of: .inference) { () throws(CallError) in
      try await suite.inference.listModels(ListLanguageModelsRequest())
    }
    let found = listed.models.first { name.isEmpty ? $0.isDefault : $0.name == name }
    let resolved = found?.name ?? name
    let probe = try await score(["b"], after: Prompt(input: .text("a")), model: resolved)
    return (resolved, probe.modelDigest)
  }
}

/// What is known of an encoder model.
struct EncoderModelFacts: Sendable {
  let name: String
  let digest: String
}
