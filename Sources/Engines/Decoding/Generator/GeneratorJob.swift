internal import Methods

/// What a generator can be asked to do.
package enum GeneratorJob: Sendable, Equatable {
  /// Text that continues a prompt.
  case generation(GenerationJob)
  /// The probabilities of continuations.
  case scoring(ScoringJob)
  /// The most probable of some candidates.
  case choice(ChoiceJob)
  /// Hidden states of prompts.
  case hiddenStates(HiddenStatesJob)

  /// When the job is to end at the latest.
  var deadline: Double? {
    switch self {
    case .generation(let job): job.deadline
    case .scoring(let job): job.deadline
    case .choice(let job): job.deadline
    case .hiddenStates(let job): job.deadline
    }
  }
}

/// Checks jobs against a model, so that what is admitted can be run to its end.
struct JobCheck {
  let vocabularySize: Int
  let contextLength: Int
  let layerCount: Int
  /// The positions that one job may take at all.
  let positionCountMax: Int

  init(_ context: GeneratorContext, capacity: Int) {
    vocabularySize = context.model.vocabularySize
    contextLength = context.model.contextLength
    layerCount = context.model.layerCount
    // A lease counts one page more than its positions take.
    positionCountMax = capacity - context.model.positionsPerPage
  }

  func callAsFunction(_ job: GeneratorJob) throws(AdmissionError) {
    switch job {
    case .generation(let job): try check(job)
    case .scoring(let job):
      if let violation = job.report.violation { throw .parameter(violation) }
      try check(
        prompt: job.prompt, job.continuations, name: "continuations",
        count: 1...ScoringJob.continuationCountMax, extra: job.includesEndToken ? 1 : 0)
    case .choice(let job):
      try check(
        prompt: job.prompt, job.candidates, name: "candidates",
        count: 2...ScoringJob.continuationCountMax, extra: 0)
      var seen: [[Int32]: Int] = [:]
      for (index, candidate) in job.candidates.enumerated() {
        if let first = seen.updateValue(index, forKey: candidate) {
          throw .duplicate(index: index, of: first)
        }
      }
    case .hiddenStates(let job): try check(job)
    }
  }

  private func check(_ job: GenerationJob) throws(AdmissionError) {
    let violation =
      job.sampling.violation ?? job.stop.violation ?? job.speculation.violation
      ?? job.report.violation
    if let violation { throw .parameter(violation) }
    try check(count: job.sampleCount, "sample_count", 1...GenerationJob.sampleCountMax)
    try check(tokens: job.prompt)
    try check(tokens: job.stop.tokens)
    try check(tokens: job.sampling.biases.map(\.token))
    let promptCount = max(1, job.prompt.count)
    // One token at least is generated.
    try check(positions: promptCount + 1)
    try check(
      cached: GenerationRun.positionCountMax(
        job, promptCount: promptCount, contextLength: contextLength))
  }

  private func check(_ job: HiddenStatesJob) throws(AdmissionError) {
    try check(count: job.prompts.count, "prompts", 1...HiddenStatesJob.promptCountMax)
    guard (0...layerCount).contains(job.layer) else {
      throw .unknownLayer(layer: job.layer, layerCount: layerCount)
    }
    for (index, prompt) in job.prompts.enumerated() {
      if prompt.isEmpty { throw .empty(name: "prompts", index: index) }
      try check(tokens: prompt)
      try check(positions: prompt.count)
      try check(cached: prompt.count)
    }
  }

  private func check(
    prompt: [Int32], _ continuations: [[Int32]], name: String, count: ClosedRange<Int>, extra: Int
  ) throws(AdmissionError) {
    try check(count: continuations.count, name, count)
    try check(tokens: prompt)
    for (index, continuation) in continuations.enumerated() {
      if continuation.isEmpty { throw .empty(name: name, index: index) }
      try check(tokens: continuation)
      let positions = max(1, prompt.count) + continuation.count + extra
      try check(positions: positions)
      try check(cached: positions - 1)
    }
  }

  private func check(
    count: Int, _ name: String, _ range: ClosedRange<Int>
  ) throws(AdmissionError) {
    guard range.contains(count) else {
      throw .count(
        name: name, count: count, lowest: range.lowerBound, highest: range.upperBound)
    }
  }

  private func check(tokens: [Int32]) throws(AdmissionError) {
    for id in tokens where !(0..<vocabularySize).contains(Int(id)) {
      throw .unknownToken(id: id, vocabularySize: vocabularySize)
    }
  }

  private func check(positions count: Int) throws(AdmissionError) {
    guard count <= contextLength else {
      throw .contextExceeded(tokenCount: count, limit: contextLength)
    }
  }

  private func check(cached count: Int) throws(AdmissionError) {
    guard count <= positionCountMax else {
      throw .cacheExceeded(positionCount: count, limit: positionCountMax)
    }
  }
}
