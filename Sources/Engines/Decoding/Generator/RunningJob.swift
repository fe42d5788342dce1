internal import Tensors
internal import Transformers

/// A job that has its place in the batch.
///
/// The generator calls, in this order: `startBranches` before a step, `planDecoding` and
/// `planPrefill` for its rows, and `take` for each of its parts after it.
protocol RunningJob: AnyObject {
  var id: JobID { get }
  var deadline: Double? { get }
  /// Whether everything was said; the job holds no sequences then.
  var isDone: Bool { get }
  /// The sequence of the job's prompt, with as much of it as was read.
  var shareable: (SequenceID, [Int32])? { get }

  /// Opens sequences for what may begin now.
  func startBranches(_ context: GeneratorContext)
  /// The drafts of samples that decode in this step, one for each of them, with an empty one where
  /// there is none.
  func drafts(_ context: GeneratorContext) -> [LaneDraft]
  /// Adds rows of the prompt, or of given continuations.
  func planPrefill(_ plan: inout StepPlan)
  /// Takes what a run gave.
  func take(_ result: StepResult, _ context: GeneratorContext)
  /// Ends the job because of its deadline.
  func expire(_ context: GeneratorContext)
  /// Ends the job without a word.
  func withdraw(_ context: GeneratorContext)
}

/// What a sample would decode in the next step.
struct LaneDraft {
  /// Which sample of the job.
  var lane: Int
  /// The token that comes first, whose logits are not known yet.
  var sequence: SequenceID
  var token: Int32
  /// What may follow it, if anything.
  var candidate: DraftController.Candidate?
}

/// What jobs share, confined to the thread of their generator.
final class GeneratorContext {
  let model: any LanguageModel
  let table: TokenTable
  let limits: GeneratorLimits
  let path: KernelPath
  let clock: () -> Double
  var pool: SequencePool
  var drafts: DraftController
  private(set) var events: [GeneratorEvent] = []

  init(
    model: any LanguageModel, table: TokenTable, limits: GeneratorLimits, costs: StepCostTable,
    path: KernelPath, clock: @escaping () -> Double
  ) {
    self.path = path
    self.model = model
    self.table = table
    self.limits = limits
    self.clock = clock
    pool = SequencePool(model, keptCountMax: limits.keptSequenceCountMax)
    drafts = DraftController(costs: costs)
  }

  func emit(_ job: JobID, _ kind: GeneratorEvent.Kind) {
    events.append(GeneratorEvent(job: job, kind: kind))
  }

  func takeEvents() -> [GeneratorEvent] {
    defer { events = [] }
    return events
  }
}
