import NIOCore

/// Runs tasks on the event loop of one connection, and tells when a batch of them has run.
///
/// A call whose task runs here needs no other thread, and the replies of one turn of the loop can
/// leave in one write.
///
/// Safety of `@unchecked Sendable`: the stored variables are touched on the event loop only.
final class LoopExecutor: TaskExecutor, @unchecked Sendable {
  let eventLoop: any EventLoop
  private var jobs = CircularBuffer<UnownedJob>(initialCapacity: 16)
  private var isDrainScheduled = false
  /// Whether a batch runs, after which whatever it wrote is flushed.
  private(set) var isRunningBatch = false
  /// Runs after each batch; used to flush what the batch wrote.
  private var afterBatch: (() -> Void)?

  init(eventLoop: any EventLoop) {
    self.eventLoop = eventLoop
  }

  /// Sets what runs after each batch; nil lets go of what the last one captured.
  func setAfterBatch(_ body: (() -> Void)?) {
    eventLoop.assertInEventLoop()
    afterBatch = body
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    if eventLoop.inEventLoop {
      jobs.append(job)
      scheduleBatch()
    } else {
      eventLoop.execute {
        self.jobs.append(job)
        self.runBatch()
      }
    }
  }

  /// Makes sure that a batch, and what runs after it, comes in this turn of the loop.
  func scheduleBatch() {
    if isDrainScheduled { return }
    isDrainScheduled = true
    eventLoop.execute {
      self.isDrainScheduled = false
      self.runBatch()
    }
  }

  /// Runs the jobs that are there and those that they enqueue, within reason.
  ///
  /// Tasks that enqueue themselves for ever must not keep the loop from its sockets, so after a
  /// few rounds the rest waits for the next turn.
  func runBatch() {
    eventLoop.assertInEventLoop()
    isRunningBatch = true
    var roundsLeft = 8
    while roundsLeft > 0, !jobs.isEmpty {
      roundsLeft -= 1
      for _ in 0..<jobs.count {
        let job = jobs.removeFirst()
        job.runSynchronously(on: asUnownedTaskExecutor())
      }
    }
    isRunningBatch = false
    if !jobs.isEmpty { scheduleBatch() }
    afterBatch?()
  }
}
