package import Daemon
internal import Logging
internal import Scheduling
internal import Tensors

/// What the teacher daemon is built from: the database in its state folder, the service, the worker
/// of its runs and the self-check.
package func teacherDaemonParts(_ environment: DaemonEnvironment) async throws -> DaemonParts {
  let shared = environment.configuration
  let configuration = try TeacherConfiguration(settings: environment.settings)
  setBLASThreadCount(shared.threadCount)
  NeighborKernel.limit(
    to: NeighborKernel(fastestOn: KernelPath(rawValue: shared.kernelPath.rawValue)))
  let compute = ComputeExecutor(name: "teacher", threadCount: 2)
  let predicting = ComputeExecutor(name: "teacher-predict", threadCount: 1)
  let store = try await RunStore(
    folder: shared.stateDirectory, bytesMax: configuration.databaseBytesMax)
  let runtime = TeacherRuntime(
    store: store, configuration: configuration, compute: compute, predicting: predicting,
    health: environment.health, logger: environment.logger, now: nanosecondsSince1970)
  var parts = DaemonParts(services: [runtime.service.rpcService])
  parts.background = [runtime.worker]
  parts.close = { try store.close() }
  parts.kernelPath = "\(NeighborKernel.best)"
  // A step of a run may take longer than the watchdog waits; a batch of predictions does not.
  parts.probes = [WorkProbe(name: "teacher predictions") { try await predicting.run {} }]
  parts.selfCheck = { try await compute.run { try checkTeacherArithmetic() } }
  return parts
}
