package import Daemon
internal import CoreMetrics
internal import Logging
internal import OODDetection
internal import Scheduling
internal import Tensors

/// What the OOD daemon is built from: the store in its state folder, the service and the
/// self-check.
package func oodDaemonParts(_ environment: DaemonEnvironment) async throws -> DaemonParts {
  let shared = environment.configuration
  let configuration = try OODServiceConfiguration(settings: environment.settings)
  setBLASThreadCount(shared.threadCount)
  NeighborKernel.limit(
    to: NeighborKernel(fastestOn: KernelPath(rawValue: shared.kernelPath.rawValue)))
  let fitting = ComputeExecutor(name: "ood-fit", threadCount: 1)
  let scoring = ComputeExecutor(name: "ood-score", threadCount: 1)
  let store = try await fitting.run {
    try DetectorStore(
      files: DetectorFiles(folder: shared.stateDirectory),
      budget: MemoryBudget(bytesMax: configuration.memoryBytesMax))
  }
  for name in store.damagedNames {
    environment.logger.error(
      "a stored detector cannot be read; fit it again or remove it",
      metadata: ["detector": "\(name)"])
  }
  environment.report("\(store.records.count) detectors")
  let rows = environment.metrics.counter(
    "autodidact_ood_scored_rows_total", help: "Rows that a calibrated detector scored.")
  let foreign = environment.metrics.counter(
    "autodidact_ood_foreign_rows_total",
    help: "Scored rows beyond the detector's threshold: out of distribution.")
  let service = OODDetectorService(
    store: store, configuration: configuration, fitting: fitting, scoring: scoring,
    now: nanosecondsSince1970
  ) { rowCount, foreignCount in
    rows.increment(by: rowCount)
    foreign.increment(by: foreignCount)
  }
  var parts = DaemonParts(services: [service.rpcService])
  parts.kernelPath = "\(NeighborKernel.best)"
  // A fit may take longer than the watchdog waits; a chunk of scores does not.
  parts.probes = [WorkProbe(name: "ood scoring") { try await scoring.run {} }]
  parts.selfCheck = { try await scoring.run { try checkNeighbors() } }
  return parts
}
