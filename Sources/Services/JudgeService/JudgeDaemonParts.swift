internal import AutodidactClient
package import Daemon
internal import Digests
private import Glibc
internal import Scheduling
internal import Tensors

/// What the judge daemon is built from: the database in its state folder, the service, clients of
/// encoder and language model, and the self-check.
package func judgeDaemonParts(_ environment: DaemonEnvironment) async throws -> DaemonParts {
  let shared = environment.configuration
  let configuration = try JudgeServiceConfiguration(settings: environment.settings)
  // Products are small: one thread an answer is fastest.
  setBLASThreadCount(1)
  let compute = ComputeExecutor(name: "judge", threadCount: shared.threadCount)
  let store = try JudgeStore(
    folder: shared.stateDirectory, bytesMax: configuration.databaseBytesMax)
  let service = AuditedJudgeService(
    store: store, configuration: configuration, compute: compute,
    suite: Autodidact(locator: neighbours(of: shared.socketPath)),
    clock: JudgeClock(
      now: nanosecondsSince1970, pause: { try await Task.sleep(for: $0) },
      seconds: monotonicSeconds, newID: newRunID),
    counters: JudgeCounters(environment.metrics))
  var parts = DaemonParts(services: [service.rpcService])
  parts.close = { try store.close() }
  parts.probes = [WorkProbe(name: "judge compute") { try await compute.run {} }]
  parts.selfCheck = { try await compute.run { try checkJudging() } }
  return parts
}

/// Finds the other daemons beside this one's socket: where its own is, whoever started it.
private func neighbours(of socketPath: String) -> SocketLocator {
  let folder = socketPath.lastIndex(of: "/").map { String(socketPath[..<$0]) } ?? "."
  return SocketLocator(
    environment: ["AUTODIDACT_RUNTIME_DIR": folder], userID: 0, fileExists: { _ in true })
}

@Sendable private func monotonicSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

@Sendable private func newRunID() -> String {
  var generator = SystemRandomNumberGenerator()
  let bytes = withUnsafeBytes(of: generator.next() as UInt64) { Array($0) }
  return "run-" + bytes.hexadecimal
}
