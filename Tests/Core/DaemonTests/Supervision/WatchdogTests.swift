import Logging
import ServiceLifecycle
import Synchronization
import Testing

@testable import Daemon

@Suite struct WatchdogTests {
  @Test func `the timeout is read for the watched process only`() {
    #expect(
      watchdogTimeout(environment: ["WATCHDOG_USEC": "500"], processID: 1) == .microseconds(500))
    let other = ["WATCHDOG_USEC": "500", "WATCHDOG_PID": "2"]
    #expect(watchdogTimeout(environment: other, processID: 1) == nil)
    #expect(watchdogTimeout(environment: other, processID: 2) == .microseconds(500))
    #expect(watchdogTimeout(environment: [:], processID: 1) == nil)
    #expect(watchdogTimeout(environment: ["WATCHDOG_USEC": "x"], processID: 1) == nil)
    #expect(watchdogTimeout(environment: ["WATCHDOG_USEC": "0"], processID: 1) == nil)
  }

  @Test func `a sign of life follows each round of answers`() async {
    let sent = Recorded()
    let probes = ["loop", "compute"].map { name in
      WorkProbe(name: name) { sent.append("answer \(name)") }
    }
    await run(probes, sent) { await sent.wait(count: 6) }
    let round = ["answer loop", "answer compute", "WATCHDOG=1"]
    #expect(Array(sent.texts.prefix(6)) == round + round)
  }

  @Test func `a part that fails its probe gets no sign of life sent`() async {
    let sent = Recorded()
    let logged = Recorded()
    struct Broken: Error {}
    let probes = [
      WorkProbe(name: "loop") {},
      WorkProbe(name: "compute") {
        sent.append("asked")
        throw Broken()
      },
    ]
    await run(probes, sent, logged) { await sent.wait(count: 3) }
    #expect(!sent.texts.contains("WATCHDOG=1"))
    #expect(logged.texts.contains { $0.contains("error=Broken() part=compute") })
  }

  @Test func `a part that never answers stops the signs of life and is named`() async {
    let sent = Recorded()
    let logged = Recorded()
    let probes = [
      WorkProbe(name: "stuck") {
        let (never, _) = AsyncStream.makeStream(of: Void.self)
        for await _ in never {}
        try Task.checkCancellation()
      }
    ]
    await run(probes, sent, logged) { await logged.wait(count: 1) }
    #expect(sent.texts == [])
    #expect(
      logged.texts.first
        == "a part of the daemon is slow to answer, the watchdog may fire part=stuck")
  }

  /// Runs a watchdog until `isOver` returns.
  private func run(
    _ probes: [WorkProbe], _ sent: Recorded, _ logged: Recorded = Recorded(),
    until isOver: () async -> Void
  ) async {
    let watchdog = Watchdog(
      timeout: .seconds(10), probes: probes,
      notifier: SupervisorNotifier { sent.append($0) },
      logger: Logger(label: "test") { _ in RecordingLogHandler(recorded: logged) },
      clock: JumpingClock())
    await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await watchdog.run() }
      await isOver()
      group.cancelAll()
    }
  }
}
