import Glibc
import Scheduling
import Synchronization
import Testing

@Suite struct ComputeExecutorTests {
  private struct Refused: Error, Equatable {}

  @Test func `results and errors come back to the caller`() async throws {
    let executor = ComputeExecutor(name: "test", threadCount: 2)
    #expect(try await executor.run { 6 * 7 } == 42)
    await #expect(throws: Refused()) { try await executor.run { throw Refused() } }
  }

  @Test func `work runs on the executor's own named threads`() async throws {
    let executor = ComputeExecutor(name: "compute", threadCount: 1)
    let name = try await executor.run { () -> String in
      let descriptor = open("/proc/thread-self/comm", O_RDONLY)
      defer { close(descriptor) }
      var bytes = [UInt8](repeating: 0, count: 16)
      let count = read(descriptor, &bytes, bytes.count)
      return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
    #expect(name == "compute-0\n")
  }

  @Test func `many callers get every result once`() async throws {
    let executor = ComputeExecutor(name: "test", threadCount: 3)
    let sum = try await withThrowingTaskGroup(of: Int.self) { group in
      for value in 0..<500 { group.addTask { try await executor.run { value } } }
      return try await group.reduce(0, +)
    }
    #expect(sum == 500 * 499 / 2)
  }

  @Test func `a full queue refuses with its count and limit`() async throws {
    let executor = ComputeExecutor(name: "test", threadCount: 1, queueCountMax: 1)
    let gate = Gate()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await executor.run { gate.pass() } }
      await gate.entered()
      group.addTask { try await executor.run {} }
      while executor.queueCount == 0 { await Task.yield() }
      await #expect(throws: ComputeError.queueFull(count: 1, limit: 1)) {
        try await executor.run {}
      }
      gate.open()
      try await group.waitForAll()
    }
  }

  @Test func `a cancelled task leaves the queue at once`() async throws {
    let executor = ComputeExecutor(name: "test", threadCount: 1)
    let gate = Gate()
    let hasRun = Flag()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await executor.run { gate.pass() } }
      await gate.entered()
      let error = await withTaskGroup(of: (any Error)?.self) { waiters in
        waiters.addTask {
          do {
            try await executor.run { hasRun.set() }
            return nil
          } catch {
            return error
          }
        }
        while executor.queueCount == 0 { await Task.yield() }
        waiters.cancelAll()
        return await waiters.next() ?? nil
      }
      #expect(error is CancellationError)
      #expect(executor.queueCount == 0)
      gate.open()
      try await group.waitForAll()
    }
    #expect(!hasRun.isSet)
  }

  @Test func `running work sees that its task was cancelled`() async throws {
    let executor = ComputeExecutor(name: "test", threadCount: 1)
    let gate = Gate()
    let seen = await withTaskGroup(of: Bool.self) { group in
      group.addTask {
        do {
          return try await executor.run(cancellable: { flag in
            gate.pass()
            return flag.isCancelled
          })
        } catch {
          return false
        }
      }
      await gate.entered()
      group.cancelAll()
      gate.open()
      return await group.next() ?? false
    }
    #expect(seen)
  }

  @Test func `shutting down refuses waiting and later jobs`() async throws {
    let executor = ComputeExecutor(name: "test", threadCount: 1)
    let gate = Gate()
    await withTaskGroup(of: Bool.self) { group in
      group.addTask {
        do {
          try await executor.run { gate.pass() }
          return true
        } catch {
          return false
        }
      }
      await gate.entered()
      group.addTask {
        do {
          try await executor.run {}
          return false
        } catch {
          return error as? ComputeError == .shutDown
        }
      }
      while executor.queueCount == 0 { await Task.yield() }
      executor.shutDown()
      gate.open()
      for await outcome in group { #expect(outcome) }
    }
    await #expect(throws: ComputeError.shutDown) { try await executor.run {} }
  }
}

private final class Flag: Sendable {
  private let value = Atomic(false)
  var isSet: Bool { value.load(ordering: .relaxed) }

  func set() { value.store(true, ordering: .relaxed) }
}

/// Holds a thread inside a job until the test lets it go.
///
/// Safety of `@unchecked Sendable`: semaphores are made for use from any thread and live as long as
/// the gate.
private final class Gate: @unchecked Sendable {
  private let inside = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
  private let opened = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  init() {
    sem_init(inside, 0, 0)
    sem_init(opened, 0, 0)
  }

  deinit {
    inside.deallocate()
    opened.deallocate()
  }

  func pass() {
    sem_post(inside)
    sem_wait(opened)
  }

  /// Returns once a job is inside; it must not block the thread that starts the job.
  func entered() async {
    while sem_trywait(inside) != 0 { await Task.yield() }
  }

  func open() { sem_post(opened) }
}
