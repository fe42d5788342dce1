package import Logging
internal import ServiceLifecycle

/// Asks one part of the daemon whether it still moves.
package struct WorkProbe: Sendable {
  /// The part's name, for the log.
  package let name: String

  /// Returns when the part answered; throws or never returns if it does not.
  package let answer: @Sendable () async throws -> Void

  /// Creates a probe.
  package init(name: String, answer: @escaping @Sendable () async throws -> Void) {
    self.name = name
    self.answer = answer
  }
}

/// Keeps systemd's watchdog quiet as long as every part of the daemon answers.
///
/// A keep-alive is sent only after all probes answered, so a stuck event loop or compute executor
/// lets the watchdog fire; there is no timer that would lie. A part that is slow to answer is
/// logged by name before systemd acts.
package struct Watchdog<TimeSource: Clock>: Service where TimeSource.Duration == Duration {
  private let interval: Duration
  private let probes: [WorkProbe]
  private let notifier: SupervisorNotifier
  private let logger: Logger
  private let clock: TimeSource

  /// Creates a watchdog.
  ///
  /// - Parameters:
  ///   - timeout: the time after which systemd kills the daemon; half of it lies between two
  ///     rounds.
  ///   - probes: the parts that have to answer.
  ///   - notifier: where keep-alives go.
  ///   - logger: where slow parts are reported.
  ///   - clock: what measures the time between two rounds.
  package init(
    timeout: Duration, probes: [WorkProbe], notifier: SupervisorNotifier, logger: Logger,
    clock: TimeSource
  ) {
    interval = timeout / 2
    self.probes = probes
    self.notifier = notifier
    self.logger = logger
    self.clock = clock
  }

  /// Asks and sends until the daemon ends.
  package func run() async throws {
    // ignoring: cancellation, which is how a watchdog ends.
    try? await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        if await allAnswer() { notifier.notify(.watchdog) }
        try await clock.sleep(for: interval)
      }
    }
  }

  /// Returns whether all probes answered.
  private func allAnswer() async -> Bool {
    for probe in probes {
      guard await answers(probe) else { return false }
    }
    return true
  }

  private func answers(_ probe: WorkProbe) async -> Bool {
    await withTaskGroup(of: Bool?.self) { group in
      group.addTask {
        do {
          try await probe.answer()
          return true
        } catch {
          logger.error(
            "a part of the daemon failed its probe, not answering the watchdog",
            metadata: ["part": "\(probe.name)", "error": "\(error)"])
          return false
        }
      }
      group.addTask {
        do {
          try await clock.sleep(for: interval / 2)
          logger.error(
            "a part of the daemon is slow to answer, the watchdog may fire",
            metadata: ["part": "\(probe.name)"])
        } catch {
          // ignoring: cancelled because the probe answered in time.
        }
        return nil
      }
      for await answer in group {
        guard let answer else { continue }
        group.cancelAll()
        return answer
      }
      return false
    }
  }
}

/// Returns the time after which systemd's watchdog fires, or nil if it does not watch this process.
package func watchdogTimeout(environment: [String: String], processID: Int32) -> Duration? {
  guard let text = environment["WATCHDOG_USEC"], let microseconds = Int64(text), microseconds > 0
  else { return nil }
  if let watched = environment["WATCHDOG_PID"], watched != "\(processID)" { return nil }
  return .microseconds(microseconds)
}
