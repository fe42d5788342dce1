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
  /// - Parameters:
  ///   - store: the runs.
  ///   - configuration: the limits.
  ///   - compute: works on runs and fits, which may take long.
  ///   - predicting: works on predictions, each of which is short.
  ///   - health: where the daemon says that it drains.
  ///   - logger: where runs that cannot go on are reported.
  ///   - now: gives nanoseconds since 1970.
  package init(
    store: RunStore, configuration: TeacherConfiguration, compute: ComputeExecutor,
    predicting: ComputeExecutor, health: HealthRegistry, logger: Logger,
    now: @escaping @Sendable () -> Int64
  ) {
    let board = RunBoard()
    service = SelfTrainingService(
      store: store, configuration: configuration, compute: compute, predicting: predicting,
      board: board, now: now)
    worker = RunWorker(
      store: store, board: board, compute: compute, health: health, logger: logger)
  }
}
