internal import Transformers

/// A scoring or choice job in the batch: its prompt is read, then its continuations.
final class ScoringRun: RunningJob {
  /// What is made of the scores.
  enum Question {
    case scores(TokenReport, entropies: Bool)
    case choice(normalizesByLength: Bool)
  }

  /// A continuation that is read.
  private struct Branch {
    var index: Int
    var sequence: SequenceID
    var readCount = 0
  }

  let id: JobID
  let deadline: Double?
  private let question: Question
  private let report: TokenReport
  private let reportsEntropies: Bool
  private let continuations: [[Int32]]
  private var scores: [ScoredContinuation]
  private var branches: PromptBranches
  private var reading: [Branch] = []
  /// The continuations of more than one token that have no sequence yet, last first.
  private var waiting: [Int] = []
  private var hasScoredFirst = false
  private(set) var isDone = false

  /// Takes a place in the batch; nil where there is no room now.
  init?(
    id: JobID, prompt: [Int32], continuations: [[Int32]], deadline: Double?, _ question: Question,
    running: [(SequenceID, [Int32])], _ context: GeneratorContext
  ) {
    let longest = continuations.reduce(0) { max($0, $1.count) }
    guard
      let branches = PromptBranches(
        &context.pool, prompt: prompt, positionCountMax: prompt.count + longest - 1,
        running: running)
    else { return nil }
    self.id = id
    self.deadline = deadline
    self.question = question
    self.continuations = continuations
    self.branches = branches
    scores = continuations.map { _ in ScoredContinuation() }
    switch question {
    case .scores(let report, let entropies):
      self.report = report
      reportsEntropies = entropies
    case .choice:
      report = TokenReport()
      reportsEntropies = false
    }
  }

  var shareable: (SequenceID, [Int32])? { branches.shareable }

  func startBranches(_ context: GeneratorContext) {
    guard hasScoredFirst else { return }
    while let index = waiting.last {
      guard
        let sequence = branches.open(
          &context.pool, leaseCountMax: context.limits.sequenceCountMax)
      else { return }
      waiting.removeLast()
      reading.append(Branch(index: index, sequence: sequence))
    }
  }

  func drafts(_ context: GeneratorContext) -> [LaneDraft] { [] }

  func planPrefill(_ plan: inout StepPlan) {
    guard hasScoredFirst else {
      guard plan.logitRowsLeft > 0, let rows = branches.rows(tokensMax: plan.prefillTokensLeft)
      else { return }
      return plan.addPrefill(rows, job: id, lane: -1)
    }
    for branch in reading {
      let room = min(plan.prefillTokensLeft, plan.logitRowsLeft)
      guard room > 0 else { return }
      // The last token of a continuation has no successor to score.
      let tokens = continuations[branch.index].dropLast()
      let slice = tokens.dropFirst(branch.readCount).prefix(room)
      let rows = SequenceRows(sequence: branch.sequence, tokens: Array(slice), logitsFrom: 0)
      plan.addPrefill(rows, job: id, lane: branch.index)
    }
  }

  func take(_ result: StepResult, _ context: GeneratorContext) {
    if result.lane < 0 {
      branches.didRead(result.rows.tokens.count)
      if branches.isRead { scoreFirst(result, context) }
    } else if let place = reading.firstIndex(where: { $0.index == result.lane }) {
      let branch = reading[place]
      for row in result.rows.tokens.indices {
        score(branch.index, branch.readCount + row + 1, result, row, context)
      }
      reading[place].readCount += result.rows.tokens.count
      if reading[place].readCount == continuations[branch.index].count - 1 {
        branches.close(branch.sequence, &context.pool, context.model)
        reading.remove(at: place)
      }
    }
    if hasScoredFirst, reading.isEmpty, waiting.isEmpty { finish(context) }
  }

  func expire(_ context: GeneratorContext) {
    withdraw(context)
    context.emit(id, .failed(.deadline))
  }

  func withdraw(_ context: GeneratorContext) {
    for branch in reading { branches.close(branch.sequence, &context.pool, context.model) }
    reading = []
    branches.finish(&context.pool, keeping: Array(branches.prompt[..<branches.readCount]))
    isDone = true
  }

  private func scoreFirst(_ result: StepResult, _ context: GeneratorContext) {
    for index in continuations.indices { score(index, 0, result, 0, context) }
    waiting = continuations.indices.filter { continuations[$0].count > 1 }.reversed()
    hasScoredFirst = true
  }

  private func score(
    _ index: Int, _ place: Int, _ result: StepResult, _ row: Int, _ context: GeneratorContext
  ) {
    result.withLogits(row) { logits in
      scores[index].append(
        continuations[index][place], logits, report, reportsEntropies: reportsEntropies,
        on: context.path)
    }
  }

  private func finish(_ context: GeneratorContext) {
    branches.finish(&context.pool, keeping: branches.prompt)
    isDone = true
    switch question {
    case .scores:
      context.emit(
        id,
        .scored(ScoringResult(scores: scores, promptTokenCount: branches.prompt.count)))
    case .choice(let normalizesByLength):
      context.emit(
        id, .chosen(ChoiceResult(scores, normalizesByLength: normalizesByLength)))
    }
  }
}
