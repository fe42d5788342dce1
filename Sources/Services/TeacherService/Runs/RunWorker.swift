internal import Daemon
private import Glibc
internal import Logging
internal import Messages
internal import PseudoLabeling
internal import Scheduling
internal import ServiceLifecycle
internal import Storage

/// Takes the steps of the runs that are started, and stores each step before it tells of it.
///
/// Runs go on side by side; their steps queue for the compute executor. When the daemon drains, the
/// runs pause after their steps, so that calls that follow them end.
package struct RunWorker: Service {
  let store: RunStore
  let board: RunBoard
  let compute: ComputeExecutor
  let health: HealthRegistry
  let logger: Logger

  /// Works until the daemon drains, and ends when it is this service's turn or with the task.
  package func run() async throws {
    await withTaskCancellationHandler {
      await withDiscardingTaskGroup { group in
        group.addTask {
          // The registry ends its streams when the daemon begins to drain.
          for await _ in health.changes(of: "autodidact.v1.Teacher") {}
          board.close()
        }
        for await id in board.starts {
          group.addTask { await takeSteps(of: id) }
        }
        group.cancelAll()
      }
    } onCancel: {
      board.close()
    }
    // The runs have paused, but the server may still answer: a service that ends before its turn
    // ends the process.
    try await gracefulShutdown()
  }

  private func takeSteps(of id: String) async {
    do {
      let stored = try await store.run(id)
      if stored.state != .finished {
        board.publish(RunEvent(event: .progress(Progress(stage: "finding neighbours"))), of: id)
        let chunks = try await store.chunks(of: stored)
        let session = try await compute.run { try RunSession(stored, chunks: chunks) }
        try await takeSteps(of: session)
      }
      board.finish(id, with: try await lastEvent(of: id))
    } catch {
      await fail(id, error)
    }
  }

  private func takeSteps(of first: RunSession) async throws {
    var session = first
    let started = ContinuousClock.now
    let doneBefore = session.run.progress.doneCount
    while let step = session.run.nextStep {
      guard !board.shouldStop(session.id), !Task.isCancelled else {
        try await pause(session.id)
        return
      }
      let progress = Progress(
        step.name(of: session.run), session.run.progress, since: doneBefore,
        elapsed: ContinuousClock.now - started)
      board.publish(RunEvent(event: .progress(progress)), of: session.id)
      let before = session
      let taken = try await compute.run { TakenStep(before) }
      session = taken.session
      try await save(taken)
      if let report = taken.report {
        board.publish(RunEvent(event: .round(report)), of: session.id)
      }
    }
    if let outcome = session.outcome { try await finish(session.id, outcome) }
  }

  /// Stores a step: the engine's state, and the round's report, decisions and labels.
  private func save(_ taken: TakenStep) async throws {
    let session = taken.session
    let id = StorageValue.text(session.id)
    let checkpoint = session.run.state.encoded()
    let quarantine = try session.quarantineMessage.encoded()
    let report = try taken.report?.encoded()
    try await store.write { transaction throws(StorageError) in
      try transaction.execute(
        "UPDATE runs SET checkpoint = ?, quarantine = ?, state = ?, failure = '' WHERE id = ?",
        [.blob(checkpoint), .blob(quarantine), .integer(Int(RunState.paused.rawValue)), id])
      guard let record = taken.record, let report else { return }
      try transaction.execute(
        "INSERT INTO rounds VALUES (?, ?, ?, ?)",
        [id, .integer(record.round), .blob(report), .blob(record.encoded())])
      for (index, weight) in record.weights.enumerated() where weight > 0 {
        let row = session.run.data.labelledCount + index
        try transaction.execute(
          "INSERT INTO pseudo_labels VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
          [
            id, .integer(record.round), .text(session.poolIDs[row]),
            .text(session.run.data.classNames[Int(record.predictions[row])]),
            .real(Double(record.confidences[index])),
            .real(Double(session.run.quarantine.scores[row])), .real(Double(weight)),
            .text(record.teacherDigest),
          ])
      }
    }
  }

  private func finish(_ id: String, _ outcome: RunOutcome) async throws {
    let bytes = try outcome.message.encoded()
    try await store.write { transaction throws(StorageError) in
      try transaction.execute(
        "UPDATE runs SET outcome = ?, state = ? WHERE id = ?",
        [.blob(bytes), .integer(Int(RunState.finished.rawValue)), .text(id)])
    }
  }

  private func pause(_ id: String) async throws {
    try await store.write { transaction throws(StorageError) in
      try transaction.execute(
        "UPDATE runs SET state = ? WHERE id = ?",
        [.integer(Int(RunState.paused.rawValue)), .text(id)])
    }
  }

  /// Ends a run that cannot go on: damage fails it for good, anything else pauses it.
  private func fail(_ id: String, _ error: any Error) async {
    logger.error("a run cannot go on", metadata: ["run.id": "\(id)", "error": "\(error)"])
    let message = (error as? TeacherServiceError)?.description ?? "internal error"
    var event: RunEvent?
    do {
      if case TeacherServiceError.damaged = error {
        try await store.write { transaction throws(StorageError) in
          try transaction.execute(
            "UPDATE runs SET state = ?, failure = ? WHERE id = ?",
            [.integer(Int(RunState.failed.rawValue)), .text(message), .text(id)])
        }
      }
      let stored = try await store.run(id)
      var run = try Run(stored, reports: try await store.reports(of: id), isUnderWay: false)
      run.failure = message
      event = RunEvent(event: .run(run))
    } catch {
      logger.error(
        "the end of a run cannot be stored", metadata: ["run.id": "\(id)", "error": "\(error)"])
    }
    board.finish(id, with: event)
  }

  private func lastEvent(of id: String) async throws -> RunEvent {
    let stored = try await store.run(id)
    return RunEvent(
      event: .run(try Run(stored, reports: try await store.reports(of: id), isUnderWay: false)))
  }
}

/// A step that was taken, with what it took.
struct TakenStep: Sendable {
  let session: RunSession
  let record: RoundRecord?
  let report: Messages.RoundReport?

  /// Takes the next step of `session`; blocks for as long as it takes.
  init(_ session: RunSession) {
    var session = session
    let started = ContinuousClock.now
    let cpuStarted = processCPUSeconds()
    let record = session.run.step()
    let elapsed = ContinuousClock.now - started
    self.report = record.map {
      session.report(
        of: $0, seconds: elapsed.seconds, cpuSeconds: processCPUSeconds() - cpuStarted)
    }
    self.record = record
    self.session = session
  }
}

extension SelfTrainingRun.Step {
  /// The step in a few words.
  fileprivate func name(of run: SelfTrainingRun) -> String {
    switch self {
    case .supervised: "labels alone"
    case .fold(let fold): "cross-validation \(fold + 1) of \(run.foldCount)"
    case .round(let round): "round \(round) of \(run.strategy.roundCount)"
    }
  }
}

extension Progress {
  fileprivate init(
    _ stage: String, _ progress: (doneCount: Int, totalCount: Int), since doneBefore: Int,
    elapsed: Duration
  ) {
    let done = progress.doneCount - doneBefore
    let left = Double(progress.totalCount - progress.doneCount)
    self.init(
      stage: stage, doneCount: UInt64(progress.doneCount),
      totalCount: UInt64(progress.totalCount), elapsedSeconds: elapsed.seconds,
      remainingSeconds: done > 0 ? elapsed.seconds / Double(done) * left : 0)
  }
}

extension Duration {
  /// The duration in seconds.
  fileprivate var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}

/// The CPU seconds that this process has used.
private func processCPUSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
