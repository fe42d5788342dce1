import AutodidactClient
import Messages
import TTRPC
import ServiceFixtures
import TestSupport
import Testing

@testable import TeacherService

@Suite(.timeLimit(.minutes(2))) struct RunLifeTests {
  @Test func `a run goes from its data to labels that say what made them`() async throws {
    let folder = try TemporaryFolder()
    try await withTeacher(state: folder) { teacher in
      let created = try await teacher.create(RunRequests("one"))
      #expect(!created.existed)
      #expect(created.run?.state == .created)
      let events = try await teacher.events(of: "one")
      let rounds = events.compactMap { event -> RoundReport? in
        guard case .round(let report)? = event.event else { return nil }
        return report
      }
      #expect(rounds.map(\.round) == [0, 1, 2, 3, 4])
      #expect(rounds.allSatisfy { $0.test?.present == true })
      guard case .run(let run)? = events.last?.event else {
        Issue.record("\(String(describing: events.last))")
        return
      }
      #expect(run.state == .finished)
      #expect(run.rounds == rounds)
      #expect(run.strategy == "balanced-quotas")
      #expect(run.labelledCount == 12 && run.unlabelledCount == 60 && run.testCount == 30)
      #expect(!run.choiceReason.isEmpty)
      #expect(run.calibration?.rowCount == 12)
      #expect(run.quarantine?.reason.isEmpty == false)
      #expect(try await teacher.getRun(GetRunRequest(runID: "one")) == run)

      let rows = try await teacher.rows(of: "one", round: 4)
      #expect(rows.count == 60)
      #expect(rows.filter(\.selected).count == Int(rounds[4].pseudoLabelCount))
      #expect(rows.allSatisfy { $0.selected == $0.verdicts.allSatisfy(\.passed) })
      #expect(rows.allSatisfy { $0.teacherDigest == rounds[3].headDigest })
      #expect(rows.allSatisfy { $0.neighbors.count == 10 })
      let explained = try await teacher.explain(
        ExplainRequest(runID: "one", sampleID: "unlabelled-7"))
      #expect(explained.rows.map(\.round) == [0, 1, 2, 3, 4])
      #expect(explained.rows[4] == rows[7])

      let next = try await teacher.next(NextRequest(runID: "one", count: 5))
      #expect(next.samples.count == 5)
      #expect(next.samples.allSatisfy { !$0.reason.isEmpty })
      #expect(try await teacher.listRuns(ListRunsRequest()).runs.map(\.runID) == ["one"])
    }
  }

  @Test func `the head of a run classifies, and so does the head sent back`() async throws {
    let folder = try TemporaryFolder()
    try await withTeacher(state: folder) { teacher in
      try await teacher.create(RunRequests("one"))
      _ = try await teacher.events(of: "one")
      var sample = Sample(seed: 9)
      let (features, labels) = sample.rows(30, spread: 0.2)
      let byRun = try await teacher.predict(
        PredictRequest(
          head: HeadReference(reference: .runID("one")), sequence: 3, features: features,
          probabilities: true))
      let hits = zip(byRun.labels, labels).filter { $0 == $1 }.count
      #expect(hits >= 28, "\(hits)")
      #expect(byRun.classes == Sample.classes)
      #expect(byRun.sequence == 3)
      let probabilities = try byRun.probabilities?.floats() ?? []
      #expect(probabilities.count == 90)

      let head = try #require(try await teacher.getHead(GetHeadRequest(runID: "one")).head)
      #expect(head.digest == byRun.headDigest)
      let call = try await teacher.predictStream()
      var responses = call.responses.makeAsyncIterator()
      for sequence in 0..<3 as Range<UInt64> {
        try await call.send(
          PredictRequest(
            head: sequence == 0 ? HeadReference(reference: .head(head)) : nil,
            sequence: sequence, features: features))
        let response = try #require(try await responses.next())
        #expect(response.sequence == sequence)
        #expect(response.labels == byRun.labels)
        #expect(response.confidences == byRun.confidences)
        #expect(response.classes == (sequence == 0 ? Sample.classes : []))
      }
      try await call.finish()
      #expect(try await responses.next() == nil)
    }
  }

  @Test func `a run that is followed again tells the same and does nothing`() async throws {
    let folder = try TemporaryFolder()
    try await withTeacher(state: folder) { teacher in
      try await teacher.create(RunRequests("one"))
      let first = try await teacher.events(of: "one")
      let again = try await teacher.events(of: "one")
      #expect(again.count == 6)
      #expect(again.last == first.last)
      #expect(try await teacher.create(RunRequests("one")).existed)
    }
  }

  @Test func `two followers of one run hear every round once`() async throws {
    let folder = try TemporaryFolder()
    try await withTeacher(state: folder) { teacher in
      try await teacher.create(RunRequests("one", unlabelled: 300))
      async let left = teacher.events(of: "one")
      async let right = teacher.events(of: "one")
      for events in [try await left, try await right] {
        let rounds = events.compactMap { event -> UInt32? in
          guard case .round(let report)? = event.event else { return nil }
          return report.round
        }
        #expect(rounds == [0, 1, 2, 3, 4])
      }
    }
  }

  @Test func `a stopped run goes on where it stopped and comes to the same`() async throws {
    let (plain, stopped) = (try TemporaryFolder(), try TemporaryFolder())
    let whole = try await finishedResult(state: plain)
    try await withTeacher(state: stopped) { teacher in
      try await teacher.create(RunRequests("one"))
      var stops = 0
      while try await teacher.getRun(GetRunRequest(runID: "one")).state != .finished, stops < 50 {
        let call = try await teacher.followRun(FollowRunRequest(runID: "one"))
        for try await _ in call.responses {
          _ = try await teacher.stopRun(StopRunRequest(runID: "one"))
        }
        stops += 1
      }
      #expect(stops > 1)
      #expect(try await teacher.result(of: "one") == whole)
    }
  }

  @Test func `a removed run is gone and its name is free`() async throws {
    let folder = try TemporaryFolder()
    try await withTeacher(state: folder) { teacher in
      try await teacher.create(RunRequests("one"))
      _ = try await teacher.events(of: "one")
      #expect(try await teacher.removeRun(RemoveRunRequest(runID: "one")).removed)
      #expect(!(try await teacher.removeRun(RemoveRunRequest(runID: "one")).removed))
      let gone = await failure { _ = try await teacher.getRun(GetRunRequest(runID: "one")) }
      #expect(gone?.code == .notFound)
      #expect(!(try await teacher.create(RunRequests("one", seed: 2)).existed))
    }
  }

  @Test func `a database that fills up in any write leaves a run that goes on`() async throws {
    let plain = try TemporaryFolder()
    let whole = try await finishedResult(state: plain)
    var failures = 0
    for limit in stride(from: 60_000, through: 400_000, by: 6_000) {
      let folder = try TemporaryFolder()
      var configuration = TeacherConfiguration()
      configuration.databaseBytesMax = limit
      nonisolated(unsafe) var reached: Run?
      nonisolated(unsafe) var refusal: CallError?
      try await withTeacher(state: folder, configuration: configuration) { teacher in
        refusal = await failure {
          try await teacher.create(RunRequests("one"))
          guard case .run(let run)? = try await teacher.events(of: "one").last?.event else {
            return
          }
          reached = run
        }
      }
      if let refusal {
        #expect(refusal.code == .resourceExhausted)
        #expect(refusal.message.contains("disk full"))
      } else if reached?.state != .finished {
        #expect(reached?.failure.contains("disk full") == true, "\(limit)")
      }
      guard refusal != nil || reached?.state != .finished else { break }
      failures += 1
      try await withTeacher(state: folder) { teacher in
        try await teacher.create(RunRequests("one"))
        _ = try await teacher.events(of: "one")
        #expect(try await teacher.result(of: "one") == whole, "\(limit)")
      }
    }
    #expect(failures >= 5)
  }

  private func finishedResult(state: TemporaryFolder) async throws -> RunResult {
    nonisolated(unsafe) var result: RunResult?
    try await withTeacher(state: state) { teacher in
      try await teacher.create(RunRequests("one"))
      _ = try await teacher.events(of: "one")
      result = try await teacher.result(of: "one")
    }
    return try #require(result)
  }
}
