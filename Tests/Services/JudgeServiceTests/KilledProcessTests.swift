import AutodidactClient
import Messages
import ServiceFixtures
import TestSupport
import Testing

/// The daemon as a process of its own, killed and started again.
@Suite(.timeLimit(.minutes(3))) struct KilledProcessTests {
  @Test func `a daemon that is killed keeps every score that a caller was told`() async throws {
    let state = try TemporaryFolder()
    var told: [String: ItemScore] = [:]
    for round in 0..<6 {
      let daemon = try DaemonUnderTest(.judge, state: state)
      let channel = ServiceChannel(socketPath: daemon.socket, daemon: .judge)
      let judge = JudgeClient(channel: channel)
      try await judge.fit("l", .length(LengthParameters()))
      let call = try await judge.scoreItemsStream()
      do {
        var received = 0
        for batch in 0..<40 {
          try await call.send(
            ScoreItemsRequest(
              judge: "l", runID: "r", sequence: UInt64(batch),
              items: labelledItems(20, seed: UInt64(batch), prefix: "b\(batch)")))
        }
        try await call.finish()
        for try await response in call.responses {
          for score in response.scores {
            var score = score
            score.existed = false
            let known = told[score.itemID]
            #expect(known == nil || known == score, "\(score.itemID)")
            told[score.itemID] = score
          }
          received += 1
          if received == 3 + 5 * round { daemon.kill() }
        }
      } catch {
        // The process is gone: that is the point.
      }
      daemon.kill()
      await channel.close()
    }
    let daemon = try DaemonUnderTest(.judge, state: state)
    defer { daemon.kill() }
    let channel = ServiceChannel(socketPath: daemon.socket, daemon: .judge)
    let judge = JudgeClient(channel: channel)
    for score in told.values {
      let found = try await judge.explainScore(ExplainScoreRequest(scoreID: score.scoreID))
      #expect(found.score == score)
    }
    let run = try await judge.listScoreRuns(ListScoreRunsRequest()).runs[0]
    #expect(Int(run.scoredCount) >= told.count && told.count >= 60)
    #expect(try await judge.replay("r").summary.differenceCount == 0)
    await channel.close()
  }
}
