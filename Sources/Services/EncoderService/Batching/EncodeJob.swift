internal import Encoding
private import Synchronization

/// The texts of one request on their way through the queue.
///
/// A job is `running` until its last sequence was written or it failed; the first of the two to
/// happen decides the outcome, and it is delivered once to who waits for it.
///
/// Safety of `@unchecked Sendable`: `features` and `tokenStates` are written by the threads of the
/// queue, each sequence by one of them and to its own rows; they are read after the last one was
/// written, which the lock orders. Everything else is constant or in the lock.
final class EncodeJob: @unchecked Sendable {
  let model: LoadedModel
  let options: EncodingOptions
  let sequences: [[Int32]]
  let features: UnsafeMutableBufferPointer<Float>
  let tokenStates: UnsafeMutableBufferPointer<Float>
  private let width: Int
  // Where each sequence's states begin.
  private let stateStarts: [Int]
  private let state: Mutex<State>

  private struct State {
    var remaining: Int
    var outcome: Result<Void, any Error>?
    var waiter: CheckedContinuation<Void, any Error>?
  }

  init(model: LoadedModel, options: EncodingOptions, sequences: [[Int32]]) {
    self.model = model
    self.options = options
    self.sequences = sequences
    width = model.encoder.dimensionCount(options)
    features = .allocate(capacity: sequences.count * width)
    features.initialize(repeating: 0)
    var starts = [0]
    if options.returnsTokenStates {
      for sequence in sequences { starts.append(starts[starts.count - 1] + sequence.count * width) }
    }
    stateStarts = starts
    tokenStates = .allocate(capacity: starts[starts.count - 1])
    tokenStates.initialize(repeating: 0)
    state = Mutex(
      State(remaining: sequences.count, outcome: sequences.isEmpty ? .success(()) : nil))
  }

  deinit {
    features.deallocate()
    tokenStates.deallocate()
  }

  /// Keeps the results of a sequence.
  func write(_ index: Int, _ states: SequenceStates) {
    if let start = features.baseAddress {
      states.writeVector(options, to: start + index * width)
    }
    if options.returnsTokenStates, let start = tokenStates.baseAddress {
      states.writeStates(options, to: start + stateStarts[index])
    }
    settle { state in
      state.remaining -= 1
      return state.remaining == 0 ? .success(()) : nil
    }
  }

  /// Ends the job with `error`, unless it has ended.
  func fail(_ error: any Error) { settle { _ in .failure(error) } }

  /// Returns when all sequences were written; a cancelled task does not wait on.
  func wait() async throws {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let outcome = state.withLock { state -> Result<Void, any Error>? in
          if state.outcome == nil { state.waiter = continuation }
          return state.outcome
        }
        if let outcome { continuation.resume(with: outcome) }
      }
    } onCancel: {
      fail(CancellationError())
    }
  }

  private func settle(_ step: (inout State) -> Result<Void, any Error>?) {
    let delivery = state.withLock { state -> CheckedContinuation<Void, any Error>? in
      guard state.outcome == nil, let outcome = step(&state) else { return nil }
      state.outcome = outcome
      defer { state.waiter = nil }
      return state.waiter
    }
    guard let delivery else { return }
    if let outcome = state.withLock({ $0.outcome }) { delivery.resume(with: outcome) }
  }
}

/// One sequence of a job.
struct EncodeItem: Sendable {
  let job: EncodeJob
  let index: Int
}
