private import Glibc

/// Threads that share the chunks of one short loop after another with the thread that calls.
///
/// A step of a language model is some hundred loops of a few microseconds, too short for a queue.
/// The threads take chunks from one counter, so a thread that the system stops holds up its own
/// chunk only, and a loop ends when its chunks have ended, whether every thread came or not. A
/// thread without work looks for some for `spinNanoseconds` and then sleeps.
///
/// It is here, below everything that computes, because nothing in it knows of jobs, deadlines or
/// cancellation, which are Scheduling's. The threads are no part of Swift's cooperative pool; they
/// end with the last reference.
///
/// Safety of `@unchecked Sendable`: the board is made for several threads. One thread at a time may
/// be inside `forEach`.
package final class WorkerPool: @unchecked Sendable {
  /// How long a thread waits actively before it sleeps.
  package static let spinNanoseconds: UInt64 = 40_000

  /// The number of threads that work on a loop, with the calling one.
  package let threadCount: Int
  private let board: WorkBoard
  private var threads: [pthread_t] = []

  /// Starts `threadCount - 1` threads.
  package init(name: String, threadCount: Int) {
    precondition(threadCount >= 1, "\(threadCount) threads")
    self.threadCount = threadCount
    board = WorkBoard()
    for index in 1..<threadCount {
      threads.append(WorkerThread(name: "\(name)-\(index)", board: board).start())
    }
  }

  deinit {
    board.close()
    for thread in threads { pthread_join(thread, nil) }
  }

  /// Calls `body` once for each index below `count`, on all threads; returns when all have ended.
  ///
  /// `body` runs on several threads at once: what it writes for one index, no other index touches.
  package func forEach(_ count: Int, _ body: (Int) -> Void) {
    guard threadCount > 1, count > 1 else {
      for index in 0..<count { body(index) }
      return
    }
    withoutActuallyEscaping(body) { body in
      withUnsafePointer(to: body) { board.run(count, $0) }
    }
  }
}

/// A thread that takes chunks until the board is closed.
private final class WorkerThread: Sendable {
  private let name: String
  private let board: WorkBoard

  init(name: String, board: WorkBoard) {
    self.name = name
    self.board = board
  }

  func start() -> pthread_t {
    var thread = pthread_t()
    let result = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        let thread = Unmanaged<WorkerThread>.fromOpaque(context).takeRetainedValue()
        thread.nameThread()
        thread.board.work()
        return nil
      }, Unmanaged.passRetained(self).toOpaque())
    precondition(result == 0, "pthread_create failed with \(result)")
    return thread
  }

  private func nameThread() {
    let descriptor = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    // ignoring: a name is a comfort; the system keeps its first fifteen bytes.
    _ = write(descriptor, name, name.utf8.count)
    close(descriptor)
  }
}
