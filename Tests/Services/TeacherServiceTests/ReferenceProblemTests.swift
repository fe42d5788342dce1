import AutodidactClient
import Messages
import Tensors
import TestSupport
import Testing

@testable import TeacherService

/// A reference problem through the service, at its real size.
@Suite(.enabled(if: SharedData.isAvailable, "\(SharedData.reason)"), .timeLimit(.minutes(2)))
struct ReferenceProblemTests {
  @Test func `news texts with five labels a class gain ten points`() async throws {
    let problem = try SelfTrainingProblem("ag_news")
    let draw = problem.draws(labelsPerClass: 5)[0]
    let rest = problem.poolClasses.indices.filter { !draw.contains($0) }
    let folder = try TemporaryFolder()
    try await withTeacher(state: folder) { teacher in
      let call = try await teacher.createRun()
      try await call.send(
        CreateRunRequest(part: .header(RunHeader(runID: "news", classes: problem.classNames))))
      func send(_ role: RowRole, _ rows: [Int]) async throws {
        let (features, classes) =
          role == .test
          ? (problem.test, problem.testClasses) : (problem.pool, problem.poolClasses)
        for start in stride(from: 0, to: rows.count, by: 2000) {
          let part = Array(rows[start..<min(start + 2000, rows.count)])
          let chunk = RunChunk(
            role: role, ids: part.map { "\($0)" },
            features: Tensor(
              rowCount: part.count, columnCount: features.columnCount,
              floats: features.selecting(rows: part).elements),
            labels: role == .unlabelled ? [] : part.map { UInt32(classes[$0]) })
          try await call.send(CreateRunRequest(part: .chunk(chunk)))
        }
      }
      try await send(.labelled, draw)
      try await send(.unlabelled, rest)
      try await send(.test, Array(problem.testClasses.indices))
      try await call.finish()
      #expect(try await call.response().run?.unlabelledCount == 3980)

      guard case .run(let run)? = try await teacher.events(of: "news").last?.event else { return }
      #expect(run.state == .finished)
      let alone = try #require(run.rounds.first?.test).accuracy
      let kept = try #require(run.rounds[Int(run.chosenRound)].test)
      #expect(abs(alone - 0.712) < 0.005, "\(alone)")
      #expect(kept.accuracy > 0.81, "\(kept.accuracy)")
      #expect(kept.confusion.reduce(0, +) == 2000)
      let rows = try await teacher.rows(of: "news")
      #expect(rows.count == 3980)
    }
  }
}
