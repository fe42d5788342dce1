package import Daemon
package import Messages
internal import PseudoLabeling
internal import Scheduling
package import TTRPC

extension SelfTrainingService {
  private static let rowsPerMessage = 256

  /// The decision on every sample of the pool in one round.
  package func pseudoLabels(
    _ request: PseudoLabelsRequest, context: ServerContext,
    responses: MessageSink<PseudoLabelsResponse>
  ) async throws {
    let (stored, session) = try await session(of: request.runID)
    let round = try chosenRound(request.round, of: stored, session)
    let record = try await record(of: session, round: round)
    let count = session.run.data.unlabelledCount
    for start in stride(from: 0, to: count, by: Self.rowsPerMessage) {
      let rows = (start..<min(start + Self.rowsPerMessage, count)).map {
        session.pseudoLabel($0, in: record, omitsNeighbors: request.omitNeighbors)
      }
      try await responses.send(PseudoLabelsResponse(rows: rows))
    }
  }

  /// All that is known of one sample, round by round.
  package func explain(
    _ request: ExplainRequest, context: ServerContext
  ) async throws -> ExplainResponse {
    let (stored, session) = try await session(of: request.runID)
    let index = try session.unlabelledIndex(of: request.sampleID)
    var rows: [Messages.PseudoLabel] = []
    for round in session.run.state.reports.indices {
      let record = try await record(of: session, round: round)
      rows.append(session.pseudoLabel(index, in: record, omitsNeighbors: false))
    }
    return ExplainResponse(rows: rows, chosenRound: UInt32(stored.outcome?.chosenRound ?? 0))
  }

  /// The samples of the pool that a person should label next.
  package func next(_ request: NextRequest, context: ServerContext) async throws -> NextResponse {
    let count = request.count == 0 ? 10 : Int(request.count)
    guard count <= 10_000 else {
      throw TeacherServiceError.outOfRange(name: "count", value: "\(count)", range: "1...10000")
    }
    let (stored, session) = try await session(of: request.runID)
    let round = try chosenRound(nil, of: stored, session)
    let names = session.run.data.classNames
    let questions = try await compute.run { session.run.questions(count, round: round) }
    return NextResponse(
      samples: questions.map { question in
        let margin = (question.margin * 1000).rounded() / 1000
        return NextSample(
          sampleID: session.poolIDs[question.row],
          predictedClass: names[question.predictedClass], confidence: question.confidence,
          margin: question.margin,
          reason: "the head cannot decide between `\(names[question.predictedClass])` and "
            + "`\(names[question.rival])`: they are \(margin) apart")
      })
  }

  /// The head of a round, the chosen one's where none is named.
  package func getHead(
    _ request: GetHeadRequest, context: ServerContext
  ) async throws -> GetHeadResponse {
    let stored = try await store.run(request.runID)
    let (head, round) = try head(of: stored, round: request.round.map { Int($0) })
    return GetHeadResponse(
      head: Messages.Head(head, classNames: stored.header.classes), round: UInt32(round))
  }

  /// The head of a round of a stored run, the chosen one's where none is named.
  func head(of stored: StoredRun, round: Int?) throws -> (head: LinearHead, round: Int) {
    let id = stored.header.runID
    guard let round = round ?? stored.outcome?.chosenRound else {
      throw TeacherServiceError.wrongState(runID: id, state: "not finished", expected: "finished")
    }
    guard let checkpoint = stored.checkpoint else {
      throw TeacherServiceError.unknownRound(runID: id, round: round, doneCount: 0)
    }
    let state: SelfTrainingRun.State
    do throws(RunStateError) {
      state = try SelfTrainingRun.State(decoding: checkpoint)
    } catch {
      throw TeacherServiceError.damaged(runID: id, reason: "\(error)")
    }
    guard round < state.heads.count else {
      throw TeacherServiceError.unknownRound(
        runID: id, round: round, doneCount: state.heads.count)
    }
    return (state.heads[round], round)
  }

  /// The round asked for, else the chosen one, else the last one done.
  private func chosenRound(
    _ asked: UInt32?, of stored: StoredRun, _ session: RunSession
  ) throws -> Int {
    let doneCount = session.run.state.reports.count
    let round = asked.map { Int($0) } ?? stored.outcome?.chosenRound ?? doneCount - 1
    guard round >= 0, round < doneCount else {
      throw TeacherServiceError.unknownRound(
        runID: session.id, round: max(round, 0), doneCount: doneCount)
    }
    return round
  }

  private func record(of session: RunSession, round: Int) async throws -> RoundRecord {
    guard let bytes = try await store.record(of: session.id, round: round) else {
      throw TeacherServiceError.unknownRound(
        runID: session.id, round: round, doneCount: session.run.state.reports.count)
    }
    do throws(RunStateError) {
      return try RoundRecord(decoding: bytes)
    } catch {
      throw TeacherServiceError.damaged(runID: session.id, reason: "\(error)")
    }
  }
}
