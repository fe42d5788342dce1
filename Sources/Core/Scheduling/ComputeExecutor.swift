private import Glibc
private import Synchronization

/// What a compute executor can refuse.
package enum ComputeError: Error, Equatable {
  /// So many jobs wait already.
  case queueFull(count: Int, limit: Int)
  /// The executor was shut down.
  case shutDown
}

/// Threads of its own for work that would block the cooperative pool or an event loop.
///
/// Jobs start in the order of submission on `threadCount` threads, which sleep when there is
/// nothing to do. The executor ends with its last reference or with `shutDown()`. Threads are named
/// after the executor, so that `top -H` tells the parts of a daemon apart.
package final class ComputeExecutor: Sendable {
  /// The number of threads.
  package let threadCount: Int
  private let monitor: ThreadMonitor<ComputeQueue<ComputeJob>>
  private let jobCount = Atomic<UInt64>(0)

  /// Starts `threadCount` threads; at most `queueCountMax` jobs wait for one.
  package init(name: String, threadCount: Int, queueCountMax: Int = 1024) {
    precondition(threadCount >= 1, "\(threadCount) threads")
    self.threadCount = threadCount
    monitor = ThreadMonitor(ComputeQueue(countMax: queueCountMax))
    for index in 0..<threadCount {
      ComputeThread(name: "\(name)-\(index)", monitor: monitor).start()
    }
  }

  deinit { shutDown() }

  /// The number of jobs that wait for a thread.
  package var queueCount: Int { monitor.withLock { $0.count } }

  /// Runs `body` on one of the executor's threads and returns its result.
  ///
  /// A cancelled task leaves the queue at once with a `CancellationError`; work that has begun runs
  /// to its end, unless it looks at the cancellation flag that `run(cancellable:)` gives it.
  package func run<Result: Sendable>(
    _ body: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    try await run(cancellable: { _ in try body() })
  }

  /// Runs `body`, which may look at the flag to end early, on one of the executor's threads.
  package func run<Result: Sendable>(
    cancellable body: @escaping @Sendable (CancellationFlag) throws -> Result
  ) async throws -> Result {
    try Task.checkCancellation()
    let id = jobCount.add(1, ordering: .relaxed).newValue
    let flag = CancellationFlag()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let job = ComputeJob(
          run: { continuation.resume(with: Swift.Result { try body(flag) }) },
          refuse: { continuation.resume(throwing: $0) })
        submit(job, id: id, flag: flag)
      }
    } onCancel: {
      flag.cancel()
      monitor.withLock { $0.withdraw(id: id) }?.refuse(CancellationError())
    }
  }

  /// Refuses later jobs and ends the waiting ones with `ComputeError.shutDown`.
  ///
  /// The threads end after what they run now.
  package func shutDown() {
    let waiting = monitor.withLock { $0.close() }
    monitor.broadcast()
    for job in waiting { job.refuse(ComputeError.shutDown) }
  }

  private func submit(_ job: ComputeJob, id: UInt64, flag: CancellationFlag) {
    let admission = monitor.withLock { $0.submit(job, id: id) }
    switch admission {
    case .queued: monitor.signal()
    case .full(let count):
      job.refuse(ComputeError.queueFull(count: count, limit: monitor.withLock { $0.countMax }))
      return
    case .closed:
      job.refuse(ComputeError.shutDown)
      return
    }
    // The task may have been cancelled before its job was in the queue to be withdrawn.
    if flag.isCancelled {
      monitor.withLock { $0.withdraw(id: id) }?.refuse(CancellationError())
    }
  }
}

/// Whether the task that waits for a job was cancelled.
package final class CancellationFlag: Sendable {
  private let cancelled = Atomic(false)

  init() {}

  /// Whether nobody waits for the result any more.
  package var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

  func cancel() { cancelled.store(true, ordering: .relaxed) }
}

/// A piece of work; exactly one of its closures is called, once.
struct ComputeJob: Sendable {
  let run: @Sendable () -> Void
  let refuse: @Sendable (any Error) -> Void
}

/// A thread that takes jobs from a queue until the queue is closed.
private final class ComputeThread: Sendable {
  private let name: String
  private let monitor: ThreadMonitor<ComputeQueue<ComputeJob>>

  init(name: String, monitor: ThreadMonitor<ComputeQueue<ComputeJob>>) {
    self.name = name
    self.monitor = monitor
  }

  func start() {
    var thread = pthread_t()
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    // OpenBLAS puts up to half a megabyte on the stack.
    pthread_attr_setstacksize(&attributes, 8 << 20)
    let result = pthread_create(
      &thread, &attributes,
      { context in
        guard let context else { return nil }
        Unmanaged<ComputeThread>.fromOpaque(context).takeRetainedValue().loop()
        return nil
      }, Unmanaged.passRetained(self).toOpaque())
    pthread_attr_destroy(&attributes)
    precondition(result == 0, "pthread_create failed with \(result)")
  }

  private func loop() {
    nameThread()
    while true {
      let job: ComputeJob? = monitor.wait { queue in
        switch queue.next() {
        case .run(let job): .some(.some(job))
        case .stop: .some(nil)
        case .wait: nil
        }
      }
      guard let job else { return }
      job.run()
    }
  }

  private func nameThread() {
    let descriptor = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    // ignoring: a name is a comfort; the system keeps its first fifteen bytes.
    _ = write(descriptor, name, name.utf8.count)
    close(descriptor)
  }
}
