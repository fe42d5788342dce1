internal import Tensors
internal import Transformers

/// One sample while it is generated.
struct SampleRun {
  let index: Int
  let sequence: SequenceID
  /// The tokens that were decided.
  private(set) var tokens: [Int32] = []
  private(set) var logProbability = 0.0
  private(set) var reason: EndReason?
  private let stop: StopConditions
  private let report: TokenReport
  private let path: KernelPath
  /// The most tokens, and what it means to have reached them.
  private let tokensMax: Int
  private let limitReason: EndReason
  private var verifier: CoupledVerifier
  private var proposer: any Proposer
  private var assembler: TextAssembler
  private var account = DraftAccount()
  /// The guesses that are confirmed by the step that runs, and what was expected of them.
  private var draft: Draft?
  private var decision = DraftController.Decision()

  /// A sample of `job` that continues `prompt`.
  init(
    _ job: GenerationJob, prompt: [Int32], index: Int, sequence: SequenceID, contextLength: Int,
    on path: KernelPath
  ) {
    self.path = path
    self.index = index
    self.sequence = sequence
    stop = job.stop
    report = job.report
    let room = contextLength - prompt.count
    tokensMax = min(job.stop.tokensMax, room)
    limitReason = job.stop.tokensMax <= room ? .tokenLimit : .contextFull
    verifier = CoupledVerifier(
      TokenSampler(job.sampling, sampleIndex: index, prompt: prompt, on: path))
    proposer = job.speculation.proposer(prompt: prompt)
    assembler = TextAssembler(stopStrings: job.stop.strings)
  }

  /// What the next step could decode.
  func laneDraft() -> LaneDraft {
    guard let last = tokens.last else { preconditionFailure("sample \(index) has not begun") }
    var lane = LaneDraft(lane: index, sequence: sequence, token: last)
    // The step decides one token more than it has guesses.
    let room = tokensMax - tokens.count - 1
    let most = min(proposer.draftTokensMax ?? Draft.tokenCountMax, room)
    if most > 0, !(proposer.isOptional && account.isResting),
      let draft = proposer.draft(tokensMax: most)
    {
      lane.candidate = DraftController.Candidate(
        draft: draft, account: account, isOptional: proposer.isOptional)
    }
    return lane
  }

  /// Notes the guesses that the step confirms.
  mutating func begin(_ draft: Draft?, _ decision: DraftController.Decision) {
    self.draft = draft
    self.decision = decision
  }

  /// Decides the first token, from the logits after the prompt.
  mutating func takeFirst(_ logits: Span<Float>, _ table: TokenTable) -> SampleDelta {
    let token = verifier.decide(nil, logits)
    var decided: [DecidedToken] = []
    append(token, logits, table, &decided)
    return delta(decided)
  }

  /// Decides tokens from the logits of a step: one, and one more for each guess that came true.
  mutating func take(
    _ result: StepResult, _ table: TokenTable, _ statistics: inout DraftStatistics
  ) -> (delta: SampleDelta, tried: (draft: Draft, proposed: Int, accepted: Int)?) {
    let guesses = result.rows.tokens.dropFirst()
    var decided: [DecidedToken] = []
    var accepted = 0
    var decidedCount = 0
    for row in 0...guesses.count {
      let guess = row < guesses.count ? guesses[row + 1] : nil
      let token = result.withLogits(row) { logits in
        let token = verifier.decide(guess.map { GuessedToken($0) }, logits)
        append(token, logits, table, &decided)
        return token
      }
      decidedCount += 1
      if token == guess { accepted += 1 }
      if reason != nil || token != guess { break }
    }
    statistics.countStep(tokenCount: decidedCount)
    var tried: (draft: Draft, proposed: Int, accepted: Int)?
    if let draft, !guesses.isEmpty {
      account.record(shares: decision.shares, accepted: accepted, cost: decision.cost)
      statistics.countDraft(method: draft.method, proposed: guesses.count, accepted: accepted)
      tried = (draft, guesses.count, accepted)
    } else {
      account.recordPlainStep()
    }
    return (delta(decided), tried)
  }

  /// Ends the sample from outside, with the text that was held back.
  mutating func end(_ reason: EndReason) -> SampleDelta {
    self.reason = reason
    return delta([])
  }

  private mutating func append(
    _ token: Int32, _ logits: Span<Float>, _ table: TokenTable, _ decided: inout [DecidedToken]
  ) {
    if !stop.ignoresEndTokens, table.endTokens.contains(token) {
      reason = .endToken
      return
    }
    let told = report.decided(token, logits, on: path)
    logProbability += Double(told.logProbability)
    decided.append(
      report.logProbabilities || report.topCount > 0
        ? told : DecidedToken(token: token, logProbability: 0, top: []))
    tokens.append(token)
    verifier.append(token)
    proposer.append(token)
    if let string = assembler.append(table.bytes(token)) {
      reason = .stopString(string)
    } else if stop.tokens.contains(token) {
      reason = .stopToken
    } else if tokens.count == tokensMax {
      reason = limitReason
    }
  }

  private mutating func delta(_ decided: [DecidedToken]) -> SampleDelta {
    let text = assembler.takeText() + (reason == nil ? "" : assembler.finish())
    return SampleDelta(sampleIndex: index, tokens: decided, text: text)
  }
}
