private import DequeModule

/// The order of jobs on a compute executor: first come, first served, bounded, and closable.
///
/// A pure state machine; the executor steps it under a lock. A job is `queued`, then either `taken`
/// by a thread or `withdrawn`; both are final here.
struct ComputeQueue<Job: Sendable>: Sendable {
  /// What became of a submission.
  enum Admission: Equatable {
    case queued
    case full(count: Int)
    case closed
  }

  /// What a thread does next.
  enum Turn {
    case run(Job)
    case wait
    case stop
  }

  let countMax: Int
  private(set) var isClosed = false
  private var waiting: Deque<(id: UInt64, job: Job)> = []

  init(countMax: Int) {
    precondition(countMax >= 1, "a queue of at most \(countMax) jobs")
    self.countMax = countMax
  }

  /// The number of jobs that wait.
  var count: Int { waiting.count }

  /// Puts `job` at the end of the queue if there is room.
  mutating func submit(_ job: Job, id: UInt64) -> Admission {
    guard !isClosed else { return .closed }
    guard waiting.count < countMax else { return .full(count: waiting.count) }
    waiting.append((id, job))
    return .queued
  }

  /// Gives the oldest job to a thread; after closing, the waiting jobs were already withdrawn.
  mutating func next() -> Turn {
    if let (_, job) = waiting.popFirst() { return .run(job) }
    return isClosed ? .stop : .wait
  }

  /// Takes a job that still waits out of the queue.
  mutating func withdraw(id: UInt64) -> Job? {
    guard let index = waiting.firstIndex(where: { $0.id == id }) else { return nil }
    return waiting.remove(at: index).job
  }

  /// Refuses later jobs and returns those that wait.
  mutating func close() -> [Job] {
    isClosed = true
    defer { waiting.removeAll() }
    return waiting.map(\.job)
  }
}
