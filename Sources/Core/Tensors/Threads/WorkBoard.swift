private import CKernels
private import Glibc
private import Synchronization

/// The loop that the threads of a pool share now.
///
/// `claims` holds the number of chunks in its upper half and the number of claimed ones in its
/// lower half. Who raises the lower half by one owns that chunk: the loop cannot end before it has
/// said so in `finishedCount`, and only then does the caller put up another. So `body` is read by
/// owners of chunks alone. A thread says so once, for all its chunks, when it finds no more of
/// them: until then the loop that it looks at is still its own. A thread that wants to sleep first
/// says so and then looks once more; who has news first tells them and then looks for sleepers.
/// Both in one total order, so no news is missed.
///
/// Safety of `@unchecked Sendable`: `body` is guarded by the claims as above, all else is atomic or
/// under the lock.
final class WorkBoard: @unchecked Sendable {
  private let claims = Atomic<UInt64>(0)
  private let finishedCount = Atomic<UInt64>(0)
  private let sleeperCount = Atomic<Int>(0)
  private let isCallerAsleep = Atomic<Bool>(false)
  private let isClosed = Atomic<Bool>(false)
  private var body: UnsafePointer<(Int) -> Void>?
  private let lock = SleepLock()

  /// Puts up a loop, takes part in it and waits for its end.
  func run(_ count: Int, _ body: UnsafePointer<(Int) -> Void>) {
    precondition(count <= Int(UInt32.max), "\(count) chunks")
    self.body = body
    finishedCount.store(0, ordering: .relaxed)
    claims.store(UInt64(count) << 32, ordering: .sequentiallyConsistent)
    if sleeperCount.load(ordering: .sequentiallyConsistent) > 0 { lock.wakeWorkers() }
    takeChunks()
    let isFinished = { self.finishedCount.load(ordering: .sequentiallyConsistent) >= count }
    if spin(until: isFinished) { return }
    lock.callerSleeps(isCallerAsleep, until: isFinished)
  }

  /// Takes chunks of one loop after another until the board is closed.
  func work() {
    let hasNews = { self.hasChunk || self.isClosed.load(ordering: .sequentiallyConsistent) }
    while !isClosed.load(ordering: .acquiring) {
      takeChunks()
      if spin(until: hasNews) { continue }
      lock.workerSleeps(sleeperCount, until: hasNews)
    }
  }

  /// Ends the threads.
  func close() {
    isClosed.store(true, ordering: .sequentiallyConsistent)
    lock.wakeWorkers()
  }

  private var hasChunk: Bool {
    let state = claims.load(ordering: .sequentiallyConsistent)
    return state & 0xffff_ffff < state >> 32
  }

  /// Takes chunks until none is left.
  private func takeChunks() {
    guard let first = claim() else { return }
    let taken = runChunks(from: first)
    // Read before it is said, for then another loop may be put up.
    let count = claims.load(ordering: .relaxed) >> 32
    let finished = finishedCount.add(taken, ordering: .sequentiallyConsistent).newValue
    if finished == count, isCallerAsleep.load(ordering: .sequentiallyConsistent) {
      lock.wakeCaller()
    }
  }

  /// Runs a claimed chunk and the next ones; their number.
  ///
  /// Holds the body once for all of them, as counting its holders for each would be the threads'
  /// busiest word of memory, and no longer than this, as the caller counts them at the end.
  @inline(never)
  private func runChunks(from first: Int) -> UInt64 {
    guard let body = body?.pointee else { preconditionFailure("chunk \(first) of no loop") }
    var taken: UInt64 = 1
    body(first)
    while let next = claim() {
      body(next)
      taken += 1
    }
    return taken
  }

  /// The next chunk of the loop, now the caller's.
  private func claim() -> Int? {
    var state = claims.load(ordering: .acquiring)
    while state & 0xffff_ffff < state >> 32 {
      let (exchanged, original) = claims.weakCompareExchange(
        expected: state, desired: state + 1, ordering: .acquiringAndReleasing)
      if exchanged { return Int(state & 0xffff_ffff) }
      state = original
    }
    return nil
  }

  /// Waits actively; whether the condition came true in time.
  private func spin(until condition: () -> Bool) -> Bool {
    var start: UInt64 = 0
    while true {
      for _ in 0..<64 {
        if condition() { return true }
        kernels_pause()
      }
      let now = nanoseconds()
      if start == 0 { start = now }
      if now - start > WorkerPool.spinNanoseconds { return false }
    }
  }

  private func nanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}

/// Where the threads of a board sleep.
///
/// Safety of `@unchecked Sendable`: the pointers are constants and what they point to is used
/// through pthread's functions only.
private final class SleepLock: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let workers = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let caller = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    mutex.initialize(to: pthread_mutex_t())
    workers.initialize(to: pthread_cond_t())
    caller.initialize(to: pthread_cond_t())
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(workers, nil)
    pthread_cond_init(caller, nil)
  }

  deinit {
    pthread_cond_destroy(caller)
    pthread_cond_destroy(workers)
    pthread_mutex_destroy(mutex)
    caller.deallocate()
    workers.deallocate()
    mutex.deallocate()
  }

  func wakeWorkers() {
    pthread_mutex_lock(mutex)
    pthread_cond_broadcast(workers)
    pthread_mutex_unlock(mutex)
  }

  func wakeCaller() {
    pthread_mutex_lock(mutex)
    pthread_cond_signal(caller)
    pthread_mutex_unlock(mutex)
  }

  func workerSleeps(_ sleeperCount: borrowing Atomic<Int>, until condition: () -> Bool) {
    pthread_mutex_lock(mutex)
    sleeperCount.add(1, ordering: .sequentiallyConsistent)
    while !condition() { pthread_cond_wait(workers, mutex) }
    sleeperCount.subtract(1, ordering: .sequentiallyConsistent)
    pthread_mutex_unlock(mutex)
  }

  func callerSleeps(_ isAsleep: borrowing Atomic<Bool>, until condition: () -> Bool) {
    pthread_mutex_lock(mutex)
    isAsleep.store(true, ordering: .sequentiallyConsistent)
    while !condition() { pthread_cond_wait(caller, mutex) }
    isAsleep.store(false, ordering: .sequentiallyConsistent)
    pthread_mutex_unlock(mutex)
  }
}
