internal import Decoding
internal import Messages

// Results of the engine, as messages.

extension GeneratedToken {
  init(_ token: DecidedToken, tokenizer: BPETokenizer) {
    self.init(
      id: UInt32(token.token), logProbability: token.logProbability,
      top: token.top.map { TokenProbability($0, tokenizer: tokenizer) })
  }
}

extension TokenProbability {
  init(_ token: TokenLikelihood, tokenizer: BPETokenizer) {
    self.init(
      id: UInt32(token.token), logProbability: token.logProbability,
      tokenBytes: Bytes(tokenizer.bytes(of: token.token)))
  }
}

extension GenerationDelta {
  init(_ delta: SampleDelta, tokenizer: BPETokenizer) {
    self.init(
      sampleIndex: UInt32(delta.sampleIndex),
      tokens: delta.tokens.map { GeneratedToken($0, tokenizer: tokenizer) }, text: delta.text)
  }
}

extension FinishReason {
  init(_ reason: EndReason) {
    switch reason {
    case .endToken: self = .endToken
    case .stopString: self = .stopString
    case .stopToken: self = .stopToken
    case .tokenLimit: self = .tokenLimit
    case .contextFull: self = .contextFull
    case .deadline: self = .deadline
    }
  }
}

extension SampleEnd {
  init(_ end: EndedSample) {
    self.init(
      sampleIndex: UInt32(end.sampleIndex), reason: FinishReason(end.reason),
      tokenCount: UInt32(end.tokenCount), logProbability: end.logProbability)
    if case .stopString(let string) = end.reason { stopString = string }
  }
}

extension GenerationStatistics {
  init(_ work: WorkStatistics) {
    self.init(
      promptTokenCount: UInt32(work.promptTokenCount),
      cachedTokenCount: UInt32(work.cachedTokenCount),
      generatedTokenCount: UInt32(work.generatedTokenCount), queueSeconds: work.queueSeconds,
      prefillSeconds: work.prefillSeconds, decodeSeconds: work.decodeSeconds,
      firstTokenSeconds: work.firstTokenSeconds,
      speculation: SpeculationStatistics(work.speculation))
  }
}

extension SpeculationStatistics {
  init(_ drafts: DraftStatistics) {
    self.init(
      stepCount: UInt64(drafts.stepCount), proposedCount: UInt64(drafts.proposedCount),
      acceptedCount: UInt64(drafts.acceptedCount), draftSeconds: drafts.draftSeconds,
      verifySeconds: drafts.verifySeconds,
      stepsByTokenCount: drafts.stepsByTokenCount.map { UInt64($0) },
      sources: drafts.sources.map {
        DraftSourceStatistics(
          method: $0.method, proposedCount: UInt64($0.proposedCount),
          acceptedCount: UInt64($0.acceptedCount))
      })
  }
}

extension ContinuationScore {
  init(
    _ score: ScoredContinuation, _ request: ScoreContinuationsRequest, _ tokenizer: BPETokenizer
  ) {
    self.init()
    logProbability = score.logProbability
    tokenIDs = score.tokens.map { UInt32($0) }
    minimumLogProbability = score.minimumLogProbability
    isGreedy = score.isGreedy
    entropies = score.entropies
    let wantsTop = (request.detail?.topCount ?? 0) > 0
    if wantsTop || request.detail?.logProbabilities == true {
      tokenLogProbabilities = score.tokenLogProbabilities
    }
    guard wantsTop else { return }
    detail = score.tokens.indices.map { index in
      GeneratedToken(
        id: UInt32(score.tokens[index]), logProbability: score.tokenLogProbabilities[index],
        top: score.top[index].map { TokenProbability($0, tokenizer: tokenizer) })
    }
  }
}

/// Puts the deltas of a job's samples together.
struct CompletionCollector {
  private(set) var completions: [Completion]
  /// Roughly the bytes of the completions as messages.
  private(set) var byteCount = 0
  private let report: TokenReport
  private let tokenizer: BPETokenizer

  init(_ job: GenerationJob, tokenizer: BPETokenizer) {
    completions = (0..<job.sampleCount).map { Completion(sampleIndex: UInt32($0)) }
    report = job.report
    self.tokenizer = tokenizer
  }

  mutating func append(_ delta: SampleDelta) {
    let index = delta.sampleIndex
    completions[index].text += delta.text
    completions[index].tokenIDs += delta.tokens.map { UInt32($0.token) }
    byteCount += delta.text.utf8.count + 4 * delta.tokens.count
    if report.logProbabilities || report.topCount > 0 {
      completions[index].tokenLogProbabilities += delta.tokens.map(\.logProbability)
      byteCount += 4 * delta.tokens.count
    }
    guard report.topCount > 0 else { return }
    completions[index].detail += delta.tokens.map { GeneratedToken($0, tokenizer: tokenizer) }
    byteCount += delta.tokens.count * (16 + report.topCount * 24)
  }

  mutating func end(_ end: EndedSample) {
    completions[end.sampleIndex].reason = FinishReason(end.reason)
    completions[end.sampleIndex].logProbability = end.logProbability
  }
}
