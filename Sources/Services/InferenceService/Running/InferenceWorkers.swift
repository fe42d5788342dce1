internal import ServiceLifecycle
private import Synchronization

/// The long-lived part of the inference daemon: drives the runner of each loaded model.
///
/// All models share one compute thread and its helpers; they take turns of a few milliseconds.
package final class InferenceWorkers: Service {
  private let runners: AsyncStream<ModelRunner>
  private let newRunner: AsyncStream<ModelRunner>.Continuation
  private let known = Mutex<[ObjectIdentifier: ModelRunner]>([:])

  /// Creates workers without models.
  package init() { (runners, newRunner) = AsyncStream.makeStream() }

  /// Runs a model's jobs from now on.
  func add(_ runner: ModelRunner) {
    known.withLock { $0[ObjectIdentifier(runner)] = runner }
    newRunner.yield(runner)
  }

  /// Works until the daemon shuts down or the task is cancelled.
  package func run() async throws {
    await withTaskCancellationOrGracefulShutdownHandler {
      await withDiscardingTaskGroup { group in
        for await runner in runners {
          group.addTask {
            await runner.run()
            self.known.withLock { $0[ObjectIdentifier(runner)] = nil }
          }
        }
      }
    } onCancelOrGracefulShutdown: {
      self.newRunner.finish()
      for runner in self.known.withLock({ Array($0.values) }) { runner.close() }
    }
  }
}
