private import DequeModule
internal import Encoding
internal import Scheduling
private import Synchronization

/// Where the sequences of all callers wait, and from where workers take batches.
///
/// The order is that of `TokenBudgetBatcher`. A job that does not fit is refused, or, for a stream,
/// waits for room; those that wait for room are admitted in their order before later ones.
final class EncodingQueue: Sendable {
  typealias Batch = [TokenBudgetBatcher<EncodeItem>.Item]

  private let state: Mutex<State>

  private struct State {
    var batcher: TokenBudgetBatcher<EncodeItem>
    var callerCount: UInt64 = 0
    var idleWorkers: Deque<CheckedContinuation<Batch?, Never>> = []
    var waitingForRoom: Deque<(caller: UInt64, job: EncodeJob, waiter: RoomWaiter)> = []
    var isClosed = false
  }

  private typealias RoomWaiter = CheckedContinuation<Void, any Error>

  // What has to be resumed after the lock was left.
  private struct Deliveries {
    var batches: [(CheckedContinuation<Batch?, Never>, Batch)] = []
    var admitted: [RoomWaiter] = []

    func deliver() {
      for (worker, batch) in batches { worker.resume(returning: batch) }
      for waiter in admitted { waiter.resume() }
    }
  }

  init(limits: TokenBudgetBatcher<EncodeItem>.Limits) {
    state = Mutex(State(batcher: TokenBudgetBatcher(limits: limits)))
  }

  /// The tokens that wait.
  var tokenCount: Int { state.withLock { $0.batcher.queueTokens } }

  /// A number for a new call or stream, among which turns are shared out.
  func newCaller() -> UInt64 {
    state.withLock { state in
      state.callerCount += 1
      return state.callerCount
    }
  }

  /// Puts the job's sequences in line, or refuses all of them.
  func submit(_ job: EncodeJob, caller: UInt64) throws(EncoderServiceError) {
    let result = state.withLock { state -> Result<Deliveries, EncoderServiceError> in
      guard !state.isClosed else { return .failure(.stopping) }
      do throws(TokenBudgetBatcher<EncodeItem>.Refusal) {
        try state.batcher.submit(caller: caller, job.items)
      } catch {
        return .failure(EncoderServiceError(error))
      }
      return .success(Self.step(&state))
    }
    try result.get().deliver()
  }

  /// Puts the job's sequences in line once there is room; refuses what can never fit.
  func submitWhenRoom(_ job: EncodeJob, caller: UInt64) async throws {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { waiter in
        enqueue(job, caller: caller, waiter: waiter)
      }
    } onCancel: {
      let waiters = state.withLock { state in
        let waiters = state.waitingForRoom.filter { $0.caller == caller }.map(\.waiter)
        state.waitingForRoom.removeAll { $0.caller == caller }
        return waiters
      }
      for waiter in waiters { waiter.resume(throwing: CancellationError()) }
    }
  }

  /// Takes what waits of a call out of line; to be called when the call ends, however it ends.
  func withdraw(caller: UInt64) {
    let deliveries = state.withLock { state in
      _ = state.batcher.withdraw(caller: caller)
      return Self.step(&state)
    }
    deliveries.deliver()
  }

  /// The next batch as soon as there is one, or nil after the queue was closed.
  func nextBatch() async -> Batch? {
    await withCheckedContinuation { worker in
      let (deliveries, isClosed) = state.withLock { state in
        if state.isClosed { return (Deliveries(), true) }
        state.idleWorkers.append(worker)
        return (Self.step(&state), false)
      }
      deliveries.deliver()
      if isClosed { worker.resume(returning: nil) }
    }
  }

  /// Ends the workers, and fails what waits.
  func close() {
    let (idle, waiters, items) = state.withLock { state in
      state.isClosed = true
      defer {
        state.idleWorkers.removeAll()
        state.waitingForRoom.removeAll()
      }
      var items: Batch = []
      while case let batch = state.batcher.nextBatch(), !batch.isEmpty { items += batch }
      return (state.idleWorkers, state.waitingForRoom.map(\.waiter), items)
    }
    for worker in idle { worker.resume(returning: nil) }
    for waiter in waiters { waiter.resume(throwing: EncoderServiceError.stopping) }
    for item in items { item.payload.job.fail(EncoderServiceError.stopping) }
  }

  private func enqueue(_ job: EncodeJob, caller: UInt64, waiter: RoomWaiter) {
    let refusal = state.withLock { state -> Result<Deliveries, any Error> in
      guard !state.isClosed else { return .failure(EncoderServiceError.stopping) }
      let limits = state.batcher.limits
      let tokens = job.sequences.reduce(0) { $0 + $1.count }
      guard tokens <= limits.queueTokensMax else {
        return .failure(EncoderServiceError.queueTokens(tokens, limit: limits.queueTokensMax))
      }
      guard job.sequences.count <= limits.queueItemsMax else {
        return .failure(
          EncoderServiceError.queueTexts(job.sequences.count, limit: limits.queueItemsMax))
      }
      // The task may have been cancelled before its waiter was in line.
      guard !Task.isCancelled else { return .failure(CancellationError()) }
      state.waitingForRoom.append((caller, job, waiter))
      return .success(Self.step(&state))
    }
    switch refusal {
    case .success(let deliveries): deliveries.deliver()
    case .failure(let error): waiter.resume(throwing: error)
    }
  }

  /// Admits what fits now, then gives batches to idle workers, until neither changes anything.
  private static func step(_ state: inout State) -> Deliveries {
    var deliveries = Deliveries()
    while true {
      while let first = state.waitingForRoom.first {
        do throws(TokenBudgetBatcher<EncodeItem>.Refusal) {
          try state.batcher.submit(caller: first.caller, first.job.items)
        } catch {
          break  // ignoring: there is no room yet, which is what it waits for
        }
        state.waitingForRoom.removeFirst()
        deliveries.admitted.append(first.waiter)
      }
      guard state.batcher.queueItems > 0, let worker = state.idleWorkers.popFirst() else {
        return deliveries
      }
      deliveries.batches.append((worker, state.batcher.nextBatch()))
    }
  }
}

extension EncodeJob {
  fileprivate var items: [(tokenCount: Int, payload: EncodeItem)] {
    sequences.indices.map { (sequences[$0].count, EncodeItem(job: self, index: $0)) }
  }
}

extension EncoderServiceError {
  fileprivate init(_ refusal: TokenBudgetBatcher<EncodeItem>.Refusal) {
    self =
      switch refusal {
      case .queueTokens(let count, let limit): .queueTokens(count, limit: limit)
      case .queueItems(let count, let limit): .queueTexts(count, limit: limit)
      }
  }
}
