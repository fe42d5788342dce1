internal import Transformers

/// A hidden-states job in the batch: one prompt after the other is read.
final class HiddenStatesRun: RunningJob {
  let id: JobID
  let deadline: Double?
  private let job: HiddenStatesJob
  private let hiddenSize: Int
  private let sequence: SequenceID
  private var promptIndex = 0
  private var readCount = 0
  private var states: [Float] = []
  /// The sum of the states of the prompt that is read.
  private var sum: [Double]
  private(set) var isDone = false

  /// Takes a place in the batch; nil where there is no room now.
  init?(id: JobID, _ job: HiddenStatesJob, _ context: GeneratorContext) {
    let longest = job.prompts.reduce(0) { max($0, $1.count) }
    // No prefix is taken over: every position's state may be wanted.
    guard
      let opened = context.pool.open(
        prompt: [], positionCountMax: longest, running: [])
    else { return nil }
    self.id = id
    self.job = job
    deadline = job.deadline
    sequence = opened.sequence
    hiddenSize = context.model.hiddenSize
    sum = [Double](repeating: 0, count: hiddenSize)
  }

  var shareable: (SequenceID, [Int32])? { nil }

  func startBranches(_ context: GeneratorContext) {}
  func drafts(_ context: GeneratorContext) -> [LaneDraft] { [] }

  func planPrefill(_ plan: inout StepPlan) {
    let slice = job.prompts[promptIndex].dropFirst(readCount).prefix(plan.prefillTokensLeft)
    guard !slice.isEmpty else { return }
    plan.addPrefill(
      SequenceRows(
        sequence: sequence, tokens: Array(slice), logitsFrom: slice.count, hiddenLayer: job.layer),
      job: id, lane: 0)
  }

  func take(_ result: StepResult, _ context: GeneratorContext) {
    let prompt = job.prompts[promptIndex]
    readCount += result.rows.tokens.count
    let rows = result.hiddenStates
    switch job.pooling {
    case .all: states += rows
    case .last: if readCount == prompt.count { states += rows.suffix(hiddenSize) }
    case .mean:
      for (place, value) in rows.enumerated() { sum[place % hiddenSize] += Double(value) }
      if readCount == prompt.count { states += sum.map { Float($0 / Double(prompt.count)) } }
    }
    guard readCount == prompt.count else { return }
    promptIndex += 1
    readCount = 0
    sum = sum.map { _ in 0 }
    context.model.truncate(sequence, to: 0)
    if promptIndex == job.prompts.count { finish(context) }
  }

  func expire(_ context: GeneratorContext) {
    withdraw(context)
    context.emit(id, .failed(.deadline))
  }

  func withdraw(_ context: GeneratorContext) {
    context.pool.close(sequence)
    isDone = true
  }

  private func finish(_ context: GeneratorContext) {
    withdraw(context)
    context.emit(
      id,
      .hiddenStates(
        HiddenStatesResult(
          states: states, rowCount: states.count / hiddenSize, columnCount: hiddenSize,
          tokenCounts: job.prompts.map(\.count))))
  }
}
