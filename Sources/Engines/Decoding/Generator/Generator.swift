package import Tensors
internal import Transformers

/// Runs jobs on one language model together, step by step.
///
/// Every step is one run of the model: one token of each sample that grows, guesses for some of
/// them, and a slice of the prompts that are read. A job that is submitted joins the next step, as
/// soon as a place and room in the cache are free; jobs start in the order of submission.
/// What a job gives depends on nothing but the job and the model: not on other jobs, the limits,
/// guesses or time, other than by a deadline.
/// Confined to one thread at a time; time comes from the passed clock only.
package final class Generator {
  private struct QueuedJob {
    var id: JobID
    var job: GeneratorJob
    var submitted: Double
  }

  private let context: GeneratorContext
  private let check: JobCheck
  private let output = ModelOutput()
  private var queue: [QueuedJob] = []
  private var running: [any RunningJob] = []
  private var lastNumber: UInt64 = 0

  /// A generator that owns `model`, of which no sequence exists; `clock` counts seconds, and `path`
  /// is the version of the passes over logits.
  package init(
    model: any LanguageModel, table: TokenTable, costs: StepCostTable = .unknown,
    limits: GeneratorLimits = GeneratorLimits(), path: KernelPath = .best,
    clock: @escaping () -> Double
  ) {
    context = GeneratorContext(
      model: model, table: table, limits: limits, costs: costs, path: path, clock: clock)
    check = JobCheck(context, capacity: model.freePositionCount)
  }

  /// The number of jobs that wait for a place.
  package var queuedJobCount: Int { queue.count }
  /// The number of jobs in the batch.
  package var runningJobCount: Int { running.count }
  /// Whether a step would have nothing to do.
  package var isIdle: Bool { queue.isEmpty && running.isEmpty }

  /// Takes on a job; its events come from later steps.
  package func submit(_ job: GeneratorJob) throws(AdmissionError) -> JobID {
    try check(job)
    guard queue.count < context.limits.queuedJobCountMax else {
      throw .queueFull(count: queue.count, limit: context.limits.queuedJobCountMax)
    }
    lastNumber += 1
    let id = JobID(number: lastNumber)
    queue.append(QueuedJob(id: id, job: job, submitted: context.clock()))
    return id
  }

  /// Ends a job, of which no event comes any more; nothing where it has ended.
  package func cancel(_ id: JobID) {
    queue.removeAll { $0.id == id }
    running.first { $0.id == id }?.withdraw(context)
    running.removeAll { $0.isDone }
  }

  /// Frees the sequences that are kept for later prompts.
  package func dropKeptSequences() { context.pool.dropKept() }

  /// Runs the model once, where there is something to run, and says what came of it.
  package func step() -> [GeneratorEvent] {
    expire()
    admit()
    for job in running { job.startBranches(context) }
    // A sample may have ended with its first token.
    removeDone()
    let plan = plan()
    if !plan.parts.isEmpty { run(plan) }
    return context.takeEvents()
  }

  private func removeDone() { running.removeAll { $0.isDone } }

  private func expire() {
    let now = context.clock()
    for job in running where job.deadline ?? .infinity <= now { job.expire(context) }
    removeDone()
    for waiting in queue where waiting.job.deadline ?? .infinity <= now {
      expire(waiting, now: now)
    }
    queue.removeAll { $0.job.deadline ?? .infinity <= now }
  }

  /// A job that never had a place.
  private func expire(_ waiting: QueuedJob, now: Double) {
    guard case .generation(let job) = waiting.job else {
      return context.emit(waiting.id, .failed(.deadline))
    }
    let promptCount = max(1, job.prompt.count)
    context.emit(
      waiting.id,
      .started(StartedJob(promptTokenCount: promptCount, cachedTokenCount: 0)))
    for index in 0..<job.sampleCount {
      let end = EndedSample(
        sampleIndex: index, reason: .deadline, tokenCount: 0, logProbability: 0)
      context.emit(waiting.id, .sampleEnded(end))
    }
    var statistics = WorkStatistics()
    statistics.promptTokenCount = promptCount
    statistics.queueSeconds = now - waiting.submitted
    context.emit(waiting.id, .finished(statistics))
  }

  private func admit() {
    while running.count < context.limits.runningJobCountMax, let next = queue.first {
      guard let job = makeRun(next) else { return }
      queue.removeFirst()
      running.append(job)
    }
  }

  private func makeRun(_ next: QueuedJob) -> (any RunningJob)? {
    let shareable = running.compactMap(\.shareable)
    switch next.job {
    case .generation(let job):
      return GenerationRun(
        id: next.id, job, submitted: next.submitted, running: shareable, context)
    case .scoring(let job):
      let end = job.includesEndToken ? Array(context.table.endTokens.prefix(1)) : []
      return ScoringRun(
        id: next.id, prompt: orStart(job.prompt), continuations: job.continuations.map { $0 + end },
        deadline: job.deadline, .scores(job.report, entropies: job.reportsEntropies),
        running: shareable, context)
    case .choice(let job):
      return ScoringRun(
        id: next.id, prompt: orStart(job.prompt), continuations: job.candidates,
        deadline: job.deadline, .choice(normalizesByLength: job.normalizesByLength),
        running: shareable, context)
    case .hiddenStates(let job): return HiddenStatesRun(id: next.id, job, context)
    }
  }

  private func orStart(_ prompt: [Int32]) -> [Int32] {
    prompt.isEmpty ? [context.table.startToken] : prompt
  }

  private func plan() -> StepPlan {
    let limits = context.limits
    var lanes: [(job: any RunningJob, lane: LaneDraft)] = []
    for job in running { lanes += job.drafts(context).map { (job, $0) } }
    let prefillMax =
      lanes.isEmpty ? limits.prefillTokensMax : limits.sharedPrefillTokensMax
    var plan = StepPlan(
      prefillTokensMax: prefillMax, logitRowsMax: max(1, limits.logitRowCountMax - lanes.count))
    for job in running where plan.prefillTokensLeft > 0 { job.planPrefill(&plan) }
    guard !lanes.isEmpty else { return plan }
    let candidates = lanes.indices.filter { lanes[$0].lane.candidate != nil }
    let decisions = context.drafts.decide(
      candidates.compactMap { lanes[$0].lane.candidate }, sampleCount: lanes.count,
      tokenCount: lanes.count + plan.step.tokenCount, guessCountMax: max(0, plan.logitRowsLeft))
    let chosen = Dictionary(uniqueKeysWithValues: zip(candidates, decisions))
    for (index, (job, lane)) in lanes.enumerated() {
      let decision = chosen[index] ?? DraftController.Decision()
      let draft = lane.candidate?.draft
      let guesses = draft?.tokens.prefix(decision.shares.count) ?? []
      (job as? GenerationRun)?.begin(lane: lane.lane, draft, decision)
      plan.add(
        SequenceRows(sequence: lane.sequence, tokens: [lane.token] + guesses, logitsFrom: 0),
        job: job.id, lane: lane.lane)
    }
    return plan
  }

  private func run(_ plan: StepPlan) {
    let begin = context.clock()
    do {
      try context.model.run(plan.step, into: output)
    } catch {
      fail(plan, error)
      return
    }
    let end = context.clock()
    if plan.isDecoding {
      context.drafts.observe(tokenCount: plan.step.tokenCount, seconds: end - begin)
    }
    var logitRow = 0
    var hiddenRow = 0
    for part in plan.parts {
      let result = StepResult(
        lane: part.lane, rows: part.rows, logitRow: logitRow, hiddenRow: hiddenRow,
        output: output, vocabularySize: context.model.vocabularySize,
        hiddenSize: context.model.hiddenSize, time: end,
        secondsPerToken: (end - begin) / Double(plan.step.tokenCount))
      logitRow += part.rows.logitRowCount
      if part.rows.hiddenLayer != nil { hiddenRow += part.rows.tokens.count }
      running.first { $0.id == part.job }?.take(result, context)
    }
    removeDone()
    for job in running { job.startBranches(context) }
    removeDone()
  }

  /// The jobs of a step that the model refused end; the others go on.
  private func fail(_ plan: StepPlan, _ error: ModelStepError) {
    let jobs = Set(plan.parts.map(\.job))
    for job in running where jobs.contains(job.id) {
      job.withdraw(context)
      context.emit(job.id, .failed(.refused(step: "\(error)")))
    }
    removeDone()
  }
}
