import AutodidactClient
import Messages
import ServiceFixtures
import TestSupport
import Testing

/// The daemon as a process of its own, killed and started again.
@Suite(.timeLimit(.minutes(3))) struct KilledProcessTests {
  @Test func `a daemon killed over and over goes on to the same bytes`() async throws {
    let plain = try TemporaryFolder()
    let whole: RunResult = try await withDaemon(state: plain) { teacher, _ in
      try await teacher.create(RunRequests("one"))
      _ = try await teacher.events(of: "one")
      return try await teacher.result(of: "one")
    }

    // A run that ends before this process gets to see it takes fewer kills: others follow.
    var killCount = 0
    for _ in 0..<40 where killCount < 8 {
      let folder = try TemporaryFolder()
      killCount += try await killsUntilFinished(state: folder)
      let result: RunResult = try await withDaemon(state: folder) { teacher, _ in
        try await teacher.result(of: "one")
      }
      #expect(result == whole)
    }
    #expect(killCount >= 8, "\(killCount)")
  }

  /// Kills the daemon of a run after one step more each time; returns how often until its end.
  private func killsUntilFinished(state folder: TemporaryFolder) async throws -> Int {
    for killCount in 0..<40 {
      let isFinished = try await withDaemon(state: folder) { teacher, daemon in
        try await teacher.create(RunRequests("one"))
        let call = try await teacher.followRun(FollowRunRequest(runID: "one"))
        do {
          for try await event in call.responses {
            if case .run(let run)? = event.event { return run.state == .finished }
            if case .progress(let progress)? = event.event,
              progress.totalCount > 0, progress.doneCount >= killCount
            {
              daemon.kill()
            }
          }
        } catch {
          // The process is gone: that is the point.
        }
        return false
      }
      if isFinished { return killCount }
    }
    Issue.record("the run did not end after 40 kills")
    return 40
  }

  @Test func `SIGTERM ends a daemon whose run is followed, and the run goes on`() async throws {
    let folder = try TemporaryFolder()
    let state: RunState? = try await withDaemon(state: folder) { teacher, daemon in
      try await teacher.create(RunRequests("one", unlabelled: 400))
      var last: RunState?
      for try await event in try await teacher.followRun(FollowRunRequest(runID: "one")).responses {
        if case .progress(let progress)? = event.event, progress.doneCount == 1 {
          daemon.terminate()
        }
        if case .run(let run)? = event.event { last = run.state }
      }
      #expect(daemon.exitStatus() == 0)
      return last
    }
    // On a slow machine the signal comes after the last step.
    #expect(state == .paused || state == .finished)
    try await withDaemon(state: folder) { teacher, _ in
      guard case .run(let run)? = try await teacher.events(of: "one").last?.event else { return }
      #expect(run.state == .finished)
    }
  }

  /// Runs `body` with a started daemon, which is killed afterwards.
  private func withDaemon<Result: Sendable>(
    state: TemporaryFolder, _ body: (TeacherClient, DaemonUnderTest) async throws -> Result
  ) async throws -> Result {
    let daemon = try DaemonUnderTest(.teacher, state: state)
    defer { daemon.kill() }
    let channel = ServiceChannel(socketPath: daemon.socket, daemon: .teacher)
    do {
      let result = try await body(TeacherClient(channel: channel), daemon)
      await channel.close()
      return result
    } catch {
      await channel.close()
      throw error
    }
  }
}
