import AutodidactClient
import Messages
import TTRPC

/// A run in the teacher: its data goes there once, and it is followed to its end.
struct TeacherRun {
  /// How often a lost connection to a run is made anew.
  private static let attemptCountMax = 5

  let teacher: TeacherClient
  let id: String
  let header: RunHeader
  let corpus: Corpus
  let store: FeatureStore
  let observer: PipelineObserver

  /// A run whose id says all that it is made from.
  init(
    teacher: TeacherClient, options: RunOptions, encoderDigest: String, corpus: Corpus,
    store: FeatureStore, observer: @escaping PipelineObserver
  ) throws {
    self.teacher = teacher
    self.corpus = corpus
    self.store = store
    self.observer = observer
    var header = RunHeader()
    header.classes = corpus.classes
    header.options = options
    header.encoderDigest = encoderDigest
    var digest = ContentDigest()
    try header.encoded().withUnsafeBytes { digest.add($0) }
    digest.add(corpus.digest)
    try store.withRows { digest.add($0) }
    id = "selftrain-" + digest.hexadecimal.prefix(20)
    header.runID = id
    self.header = header
  }

  /// Brings the data to the teacher, unless it is there, and follows the run to its end.
  func finished() async throws -> Run {
    try await create()
    var attemptCount = 0
    while true {
      do {
        return try await follow()
      } catch let error as CallError where error.code == .unavailable {
        attemptCount += 1
        guard attemptCount < Self.attemptCountMax, !Task.isCancelled else { throw error }
      }
    }
  }

  private func create() async throws {
    let total = corpus.parts.reduce(0) { $0 + $1.count }
    var sent = 0
    let call = try await teacher.createRun()
    let response = try await call.response { send in
      try await send(CreateRunRequest(part: .header(header)))
      for (part, role) in roles {
        let ranges = FeatureChunks.ranges(rowCount: part.count, dimensions: store.dimensions)
        for rows in ranges {
          try await send(CreateRunRequest(part: .chunk(chunk(of: part, role, rows))))
          sent += rows.count
          observer(.progress(stage: "sending features to the teacher", done: sent, total: total))
        }
      }
    }
    if response.existed {
      observer(.note("the teacher knows this run already; going on with it"))
    }
  }

  private var roles: [(Corpus.Part, RowRole)] {
    [(corpus.labelled, .labelled)] + (corpus.test.map { [($0, .test)] } ?? [])
      + [(corpus.unlabelled, .unlabelled)]
  }

  private func chunk(
    of part: Corpus.Part, _ role: RowRole, _ rows: Range<Int>
  ) throws -> RunChunk {
    var chunk = RunChunk()
    chunk.role = role
    chunk.ids = Array(part.ids[rows])
    chunk.features = try store.tensor(ofRows: part.textIndices[rows])
    if !part.labels.isEmpty { chunk.labels = Array(part.labels[rows]) }
    return chunk
  }

  private func follow() async throws -> Run {
    let call = try await teacher.followRun(FollowRunRequest(runID: id))
    for try await event in call.responses {
      switch event.event {
      case .progress(let progress):
        observer(
          .progress(
            stage: progress.stage, done: Int(clamping: progress.doneCount),
            total: Int(clamping: progress.totalCount)))
      case .round(let report):
        observer(.round(SelfTrainingResult.Round(report)))
      case .run(let run): return try ended(run)
      case nil: continue
      }
    }
    return try ended(try await teacher.getRun(GetRunRequest(runID: id)))
  }

  private func ended(_ run: Run) throws -> Run {
    switch run.state {
    case .finished: return run
    case .failed: throw SelfTrainingError.runFailed(runID: id, reason: run.failure)
    default: throw SelfTrainingError.runStopped(runID: id)
    }
  }
}

extension SelfTrainingResult.Round {
  /// The round as the teacher reports it.
  init(_ report: RoundReport) {
    let test = report.test.flatMap { $0.present ? $0 : nil }
    self.init(
      round: Int(report.round), pseudoLabelCount: Int(clamping: report.pseudoLabelCount),
      meanConfidence: report.meanConfidence,
      validation: .init(
        accuracy: report.validationAccuracy, standardError: report.validationStandardError),
      test: test.map { .init($0) }, rejectedByGuard: report.rejectedByGuard,
      collapseAlarms: report.collapseAlarms)
  }
}

extension SelfTrainingResult.Scores {
  /// The scores of an evaluation; the standard error is that of a binomial share.
  init(_ evaluation: Evaluation) {
    let count = Double(max(1, evaluation.rowCount))
    let accuracy = evaluation.accuracy
    self.init(
      accuracy: accuracy,
      standardError: (max(0, accuracy * (1 - accuracy)) / count).squareRoot(),
      macroF1: evaluation.macroF1, ece: evaluation.ece, nll: evaluation.nll,
      brier: evaluation.brier)
  }
}
