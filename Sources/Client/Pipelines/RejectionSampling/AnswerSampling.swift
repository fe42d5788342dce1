import AutodidactClient
import Messages

/// Asks the language model every question that has no answers yet.
struct AnswerSampling {
  let client: InferenceClient
  let questions: QuestionSet
  let request: RejectionSamplingRequest
  let retry: RetryPolicy
  let observer: PipelineObserver

  /// Fills `store`.
  func fill(_ store: AnswerStore) async throws {
    var missing = store.missing[...]
    guard !missing.isEmpty else { return }
    if missing.count < questions.count {
      observer(
        .note("\(store.count.counted("question")) answered by an earlier run; going on"))
    }
    report(store)
    let clock = ContinuousClock()
    var last = clock.now
    let wanted = request.sampleCount
    let bulk = BulkGeneration(client: client, options: request.generation, retry: retry)
    try await bulk.run {
      guard let index = missing.popFirst() else { return nil }
      var prompt = BulkPrompt()
      prompt.sequence = UInt64(index)
      prompt.prompt = questions.questions[index].input.prompt
      prompt.seed = questions.seeds[index]
      return prompt
    } receive: { response in
      guard response.failure != nil || response.completions.count == wanted else {
        throw RejectionSamplingError.badAnswer(
          "\(response.completions.count.counted("sample")) where \(wanted) were asked for")
      }
      let now = clock.now
      try store.append(AnswerRecord(response, seconds: (now - last) / .seconds(1)))
      last = now
      report(store)
    }
    try store.sync()
  }

  private func report(_ store: AnswerStore) {
    observer(.progress(stage: "asking the model", done: store.count, total: questions.count))
  }
}
