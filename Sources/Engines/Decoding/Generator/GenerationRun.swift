internal import Transformers

/// A generation job in the batch: its prompt is read, then its samples grow.
final class GenerationRun: RunningJob {
  let id: JobID
  private let job: GenerationJob
  private let submitted: Double
  private let started: Double
  private var promptRead: Double?
  private var branches: PromptBranches
  /// The logits after the prompt, while samples wait to begin.
  private var firstLogits: [Float] = []
  private var samples: [SampleRun] = []
  private var nextSample = 0
  private var statistics = WorkStatistics()
  private(set) var isDone = false

  /// Takes a place in the batch; nil where there is no room now.
  init?(
    id: JobID, _ job: GenerationJob, submitted: Double, running: [(SequenceID, [Int32])],
    _ context: GeneratorContext
  ) {
    let prompt = job.prompt.isEmpty ? [context.table.startToken] : job.prompt
    guard
      let branches = PromptBranches(
        &context.pool, prompt: prompt,
        positionCountMax: Self.positionCountMax(
          job, promptCount: prompt.count, contextLength: context.model.contextLength),
        running: running)
    else { return nil }
    self.id = id
    self.job = job
    self.submitted = submitted
    self.branches = branches
    started = context.clock()
    statistics.promptTokenCount = prompt.count
    statistics.cachedTokenCount = branches.cachedCount
    statistics.queueSeconds = started - submitted
    context.emit(
      id,
      .started(
        StartedJob(
          promptTokenCount: prompt.count, cachedTokenCount: branches.cachedCount)))
  }

  /// The most positions of one sample.
  static func positionCountMax(
    _ job: GenerationJob, promptCount: Int, contextLength: Int
  ) -> Int {
    min(contextLength, promptCount + min(job.stop.tokensMax, contextLength))
  }

  var deadline: Double? { job.deadline }
  var shareable: (SequenceID, [Int32])? { branches.shareable }

  func startBranches(_ context: GeneratorContext) {
    guard promptRead != nil else { return }
    while !isDone, nextSample < job.sampleCount {
      guard
        let sequence = branches.open(
          &context.pool, leaseCountMax: context.limits.sequenceCountMax)
      else { return }
      var sample = SampleRun(
        job, prompt: branches.prompt, index: nextSample, sequence: sequence,
        contextLength: context.model.contextLength, on: context.path)
      nextSample += 1
      let delta = sample.takeFirst(firstLogits.span, context.table)
      if nextSample == job.sampleCount { firstLogits = [] }
      if statistics.firstTokenSeconds == 0 {
        statistics.firstTokenSeconds = context.clock() - submitted
      }
      samples.append(sample)
      tell(delta, of: samples.count - 1, context)
    }
  }

  func drafts(_ context: GeneratorContext) -> [LaneDraft] {
    guard !samples.isEmpty else { return [] }
    let begin = context.clock()
    defer { statistics.speculation.draftSeconds += context.clock() - begin }
    return samples.map { $0.laneDraft() }
  }

  /// Notes the guesses of a sample that the step confirms.
  func begin(lane: Int, _ draft: Draft?, _ decision: DraftController.Decision) {
    guard let place = samples.firstIndex(where: { $0.index == lane }) else { return }
    samples[place].begin(draft, decision)
  }

  func planPrefill(_ plan: inout StepPlan) {
    guard promptRead == nil, plan.logitRowsLeft > 0,
      let rows = branches.rows(tokensMax: plan.prefillTokensLeft)
    else { return }
    plan.addPrefill(rows, job: id, lane: -1)
  }

  func take(_ result: StepResult, _ context: GeneratorContext) {
    if result.lane < 0 { return takePrompt(result) }
    guard let place = samples.firstIndex(where: { $0.index == result.lane }) else { return }
    let (delta, tried) = samples[place].take(
      result, context.table, &statistics.speculation)
    if let tried {
      context.drafts.record(tried.draft, proposed: tried.proposed, accepted: tried.accepted)
      statistics.speculation.verifySeconds +=
        result.secondsPerToken * Double(result.rows.tokens.count)
    }
    // Guesses that did not come true leave the cache; the last token is not in it yet.
    let sample = samples[place]
    context.model.truncate(
      sample.sequence, to: branches.prompt.count + max(0, sample.tokens.count - 1))
    tell(delta, of: place, context)
  }

  func expire(_ context: GeneratorContext) {
    while !samples.isEmpty {
      let delta = samples[0].end(.deadline)
      tell(delta, of: 0, context)
    }
    while nextSample < job.sampleCount {
      context.emit(
        id,
        .sampleEnded(
          EndedSample(
            sampleIndex: nextSample, reason: .deadline, tokenCount: 0, logProbability: 0)))
      nextSample += 1
    }
    finishIfDone(context)
  }

  func withdraw(_ context: GeneratorContext) {
    var known = Array(branches.prompt[..<branches.readCount])
    for sample in samples {
      if branches.isHome(sample.sequence) {
        known += sample.tokens.dropLast()
      } else {
        branches.close(sample.sequence, &context.pool, context.model)
      }
    }
    samples = []
    branches.finish(&context.pool, keeping: known)
    isDone = true
  }

  private func takePrompt(_ result: StepResult) {
    branches.didRead(result.rows.tokens.count)
    guard branches.isRead else { return }
    firstLogits = result.withLogits(0) { logits in logits.withUnsafeBufferPointer { Array($0) } }
    promptRead = result.time
    statistics.prefillSeconds = result.time - started
  }

  /// Says what was decided, and ends the sample where it has ended.
  private func tell(_ delta: SampleDelta, of place: Int, _ context: GeneratorContext) {
    statistics.generatedTokenCount += delta.tokens.count
    if !delta.tokens.isEmpty || !delta.text.isEmpty { context.emit(id, .delta(delta)) }
    let sample = samples[place]
    guard let reason = sample.reason else { return }
    context.emit(
      id,
      .sampleEnded(
        EndedSample(
          sampleIndex: sample.index, reason: reason, tokenCount: sample.tokens.count,
          logProbability: sample.logProbability)))
    samples.remove(at: place)
    if samples.isEmpty, nextSample == job.sampleCount, branches.isHome(sample.sequence) {
      finish(keeping: branches.prompt + sample.tokens, context)
    } else {
      branches.close(sample.sequence, &context.pool, context.model)
      finishIfDone(context)
    }
  }

  private func finishIfDone(_ context: GeneratorContext) {
    guard !isDone, samples.isEmpty, nextSample == job.sampleCount else { return }
    finish(keeping: Array(branches.prompt[..<branches.readCount]), context)
  }

  private func finish(keeping tokens: [Int32], _ context: GeneratorContext) {
    branches.finish(&context.pool, keeping: tokens)
    if let promptRead { statistics.decodeSeconds = context.clock() - promptRead }
    context.emit(id, .finished(statistics))
    isDone = true
  }
}
