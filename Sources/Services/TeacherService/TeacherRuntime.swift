package import Daemon
package import Logging
package import Scheduling

/// The parts of the teacher that belong together: the service and the worker of its runs.
package struct TeacherRuntime: Sendable {
  /// Answers calls.
  package let service: SelfTrainingService
  /// Takes the steps of runs.
  package let worker: RunWorker

  /// Creates both over one store.
  ///
  /// `now` gives nanoseconds since 1970.
  package init(
    store: RunStore, configuration: TeacherConfiguration, compute: ComputeExecutor,
    health: HealthRegistry, logger: Logger, now: @escaping @Sendable () -> Int64
  ) {
    let board = RunBoard()
    service = SelfTrainingService(
      store: store, configuration: configuration, compute: compute, board: board, now: now)
    worker = RunWorker(
      store: store, board: board, compute: compute, health: health, logger: logger)
  }
}
