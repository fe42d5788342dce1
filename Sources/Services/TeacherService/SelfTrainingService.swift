package import Daemon
package import Messages
internal import Methods
internal import PseudoLabeling
internal import Scheduling
package import TTRPC
internal import Tensors

/// Fits heads, keeps runs and accounts for every pseudo-label.
///
/// Work on numbers runs on compute executors: long fits and runs on one, predictions on another, so
/// that a run does not hold them up. Work on files runs on the database's queues.
package struct SelfTrainingService: TeacherServing {
  let store: RunStore
  let configuration: TeacherConfiguration
  let compute: ComputeExecutor
  let predicting: ComputeExecutor
  let board: RunBoard
  let now: @Sendable () -> Int64
  private let sessions = SessionCache(countMax: 2)

  init(
    store: RunStore, configuration: TeacherConfiguration, compute: ComputeExecutor,
    predicting: ComputeExecutor, board: RunBoard, now: @escaping @Sendable () -> Int64
  ) {
    self.store = store
    self.configuration = configuration
    self.compute = compute
    self.predicting = predicting
    self.board = board
    self.now = now
  }

  /// Stores the data of a run, unless it is there already.
  package func createRun(
    _ requests: MessageSource<CreateRunRequest>, context: ServerContext
  ) async throws -> CreateRunResponse {
    var iterator = requests.makeAsyncIterator()
    guard case .header(let header)? = try await iterator.next()?.part else {
      throw TeacherServiceError.missingFirst(expected: "the header")
    }
    try Self.check(runID: header.runID)
    try checkClassNames(header.classes)
    let options = header.options ?? RunOptions()
    _ = try options.engineStrategy()
    _ = try options.engineOptions(classCount: header.classes.count)

    let upload = try await store.beginUpload()
    do {
      var intake = RunIntake(header, limits: configuration)
      var number = 0
      while let request = try await iterator.next() {
        guard case .chunk(let chunk)? = request.part else {
          throw TeacherServiceError.unexpected(part: "the header")
        }
        try intake.append(chunk)
        try await store.append(try chunk.encoded(), number: number, to: upload)
        number += 1
      }
      let sent = try intake.finished()
      let created = try await store.create(
        StoredRun(
          header: header, upload: upload, digest: sent, labelledCount: intake.count(.labelled),
          unlabelledCount: intake.count(.unlabelled), testCount: intake.count(.test),
          dimensions: intake.dimensions, createdUnixNanoseconds: now(), state: .created,
          failure: "", checkpoint: nil, quarantine: nil, outcome: nil))
      guard created.digest == sent else {
        throw TeacherServiceError.otherData(
          runID: header.runID, stored: created.digest, sent: sent)
      }
      return CreateRunResponse(run: try await message(of: header.runID), existed: created.existed)
    } catch {
      try await store.discardUploadIfUnused(upload)
      throw error
    }
  }

  /// Tells the rounds that are done, takes those that are not, and tells them as they are stored.
  package func followRun(
    _ request: FollowRunRequest, context: ServerContext, responses: MessageSink<RunEvent>
  ) async throws {
    // Listening begins before the database is read, so that no event falls between.
    let events = board.events(of: request.runID)
    let stored = try await store.run(request.runID)
    var toldCount = 0
    for report in try await store.reports(of: request.runID) {
      try await responses.send(RunEvent(event: .round(report)))
      toldCount += 1
    }
    guard stored.state != .finished, stored.state != .failed else {
      let run = try await message(of: request.runID)
      try await responses.send(RunEvent(event: .run(run)))
      return
    }
    guard board.start(request.runID) else {
      throw TeacherServiceError.compute(.shutDown)
    }
    for await event in events {
      if case .round(let report)? = event.event {
        guard report.round >= toldCount else { continue }
        toldCount = Int(report.round) + 1
      }
      try await responses.send(event)
    }
    try Task.checkCancellation()
  }

  /// Asks a run to stop after the step under way.
  package func stopRun(
    _ request: StopRunRequest, context: ServerContext
  ) async throws -> StopRunResponse {
    let events = board.events(of: request.runID)
    _ = try await store.run(request.runID)
    if board.requestStop(request.runID) {
      for await _ in events {}
      try Task.checkCancellation()
    }
    return StopRunResponse(run: try await message(of: request.runID))
  }

  /// The run of a name.
  package func getRun(_ request: GetRunRequest, context: ServerContext) async throws -> Run {
    try await message(of: request.runID)
  }

  /// All runs, without their rounds.
  package func listRuns(
    _ request: ListRunsRequest, context: ServerContext
  ) async throws -> ListRunsResponse {
    let runs = try await store.runs().map { stored in
      var run = try Run(
        stored, reports: [], isUnderWay: board.isUnderWay(stored.header.runID))
      run.quarantine?.poolScores = nil
      run.quarantine?.labelledScores = nil
      return run
    }
    return ListRunsResponse(runs: runs)
  }

  /// Removes a run that is not under way.
  package func removeRun(
    _ request: RemoveRunRequest, context: ServerContext
  ) async throws -> RemoveRunResponse {
    guard !board.isUnderWay(request.runID) else {
      throw TeacherServiceError.wrongState(
        runID: request.runID, state: "under way", expected: "stopped")
    }
    sessions.remove(request.runID)
    return RemoveRunResponse(removed: try await store.remove(request.runID))
  }

  /// The strategies.
  package func listMethods(
    _ request: ListTeacherMethodsRequest, context: ServerContext
  ) async throws -> ListTeacherMethodsResponse {
    ListTeacherMethodsResponse(
      methods: PseudoLabelingMethods.cards.map { card in
        Method(
          id: card.id, title: card.title, family: "teacher", source: card.source,
          needs: card.needs.sorted().map(\.rawValue), summary: card.summary)
      })
  }

  /// The message of a run.
  func message(of id: String) async throws -> Run {
    let stored = try await store.run(id)
    return try Run(
      stored, reports: try await store.reports(of: id), isUnderWay: board.isUnderWay(id))
  }

  /// A run's session with the state that is stored now.
  func session(of id: String) async throws -> (stored: StoredRun, session: RunSession) {
    let stored = try await store.run(id)
    if let known = sessions.session(id, checkpoint: stored.checkpoint) { return (stored, known) }
    let chunks = try await store.chunks(of: stored)
    let session = try await compute.run { try RunSession(stored, chunks: chunks) }
    sessions.keep(session, checkpoint: stored.checkpoint)
    return (stored, session)
  }

  private static func check(runID: String) throws {
    let isValid =
      (1...128).contains(runID.utf8.count)
      && runID.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
          UInt8(ascii: "."):
          true
        default: false
        }
      }
    guard isValid else { throw TeacherServiceError.invalidRunID(runID) }
  }
}
