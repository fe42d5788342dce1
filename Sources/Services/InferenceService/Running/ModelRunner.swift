private import DequeModule
internal import Decoding
internal import Scheduling
private import Synchronization

/// Runs the jobs of one model: takes them from callers, steps the generator on the compute thread,
/// and hands the events to the callers.
///
/// A job counts from its start until its last event, its failure or its withdrawal. New jobs and
/// withdrawals are looked for before each step, so a job joins or leaves within one token.
///
/// Safety of `@unchecked Sendable`: `generator`, `channels` and `ids` are touched in `work()` and
/// `fail()` only, which run on the one thread of the executor or after it; the rest is constant or
/// in the lock.
final class ModelRunner: @unchecked Sendable {
  /// How long the thread works before it looks for other work.
  private static let sliceSeconds = 0.02

  let name: String
  /// Says that there is something to do; ends when the runner is closed.
  let wakes: AsyncStream<Void>
  let clock: @Sendable () -> Double
  private let wake: AsyncStream<Void>.Continuation
  private let executor: ComputeExecutor
  private let counters: InferenceCounters
  private let jobCountMax: Int
  private let unreadTokensMax: Int
  private let inbox = Mutex(Inbox())

  private let generator: Generator
  private var channels: [JobID: (key: UInt64, channel: JobChannel)] = [:]
  private var ids: [UInt64: JobID] = [:]

  private struct Submission: Sendable {
    let key: UInt64
    let job: GeneratorJob
    let channel: JobChannel
  }

  private typealias RoomWaiter = CheckedContinuation<Void, any Error>

  private struct Inbox {
    var submissions: [Submission] = []
    var withdrawn: [UInt64] = []
    var lastKey: UInt64 = 0
    /// Jobs that were started and have not ended.
    var jobCount = 0
    var runningCount = 0
    var waitingForRoom: Deque<(key: UInt64, waiter: RoomWaiter)> = []
    var isClosed = false
  }

  init(
    name: String, model: any LanguageModel, tokenizer: BPETokenizer, costs: StepCostTable,
    settings: LanguageModelCatalog.Settings, executor: ComputeExecutor,
    clock: @escaping @Sendable () -> Double
  ) {
    self.name = name
    self.executor = executor
    self.clock = clock
    counters = settings.counters
    (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    let configuration = settings.configuration
    jobCountMax = configuration.batchJobsMax + configuration.queueJobsMax
    unreadTokensMax = configuration.unreadTokensMax
    var limits = GeneratorLimits()
    limits.runningJobCountMax = configuration.batchJobsMax
    // The count of this runner is the limit that callers meet.
    limits.queuedJobCountMax = jobCountMax
    limits.sequenceCountMax = max(limits.sequenceCountMax, configuration.batchJobsMax)
    let table = TokenTable(
      endTokens: tokenizer.endTokenIDs, startToken: tokenizer.emptyPromptTokenID,
      bytes: { tokenizer.bytes(of: $0) })
    generator = Generator(model: model, table: table, costs: costs, limits: limits, clock: clock)
  }

  /// The jobs that wait for a place, and those in the batch, as of the last step.
  var jobCounts: (waiting: Int, running: Int) {
    inbox.withLock { (max(0, $0.jobCount - $0.runningCount), $0.runningCount) }
  }

  /// Starts a job; refused where as many as may be run and wait.
  func start(_ job: GeneratorJob) throws(InferenceServiceError) -> JobChannel {
    let refusal = inbox.withLock { inbox -> InferenceServiceError? in
      guard !inbox.isClosed else { return .unloaded(name) }
      guard inbox.jobCount < jobCountMax else {
        return .busy(model: name, count: inbox.jobCount, limit: jobCountMax)
      }
      inbox.jobCount += 1
      return nil
    }
    if let refusal { throw refusal }
    return submit(job)
  }

  /// Starts a job as soon as there is room.
  func startWhenRoom(_ job: GeneratorJob) async throws -> JobChannel {
    let key = inbox.withLock { inbox in
      inbox.lastKey += 1
      return inbox.lastKey
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { waiter in
        let outcome = inbox.withLock { inbox -> Result<Bool, any Error> in
          guard !inbox.isClosed else { return .failure(InferenceServiceError.unloaded(name)) }
          // The task may have been cancelled before its waiter was in line.
          guard !Task.isCancelled else { return .failure(CancellationError()) }
          guard inbox.jobCount >= jobCountMax || !inbox.waitingForRoom.isEmpty else {
            inbox.jobCount += 1
            return .success(true)
          }
          inbox.waitingForRoom.append((key, waiter))
          return .success(false)
        }
        switch outcome {
        case .success(true): waiter.resume()
        case .success(false): break
        case .failure(let error): waiter.resume(throwing: error)
        }
      }
    } onCancel: {
      let waiter = inbox.withLock { inbox -> RoomWaiter? in
        guard let index = inbox.waitingForRoom.firstIndex(where: { $0.key == key }) else {
          return nil
        }
        return inbox.waitingForRoom.remove(at: index).waiter
      }
      waiter?.resume(throwing: CancellationError())
    }
    return submit(job)
  }

  /// Takes no more jobs and ends once the running ones are done.
  func close() {
    let waiters = inbox.withLock { inbox in
      inbox.isClosed = true
      defer { inbox.waitingForRoom.removeAll() }
      return inbox.waitingForRoom.map(\.waiter)
    }
    for waiter in waiters { waiter.resume(throwing: InferenceServiceError.unloaded(name)) }
    wake.finish()
  }

  /// Puts a job whose room is reserved into the inbox.
  private func submit(_ job: GeneratorJob) -> JobChannel {
    let key = inbox.withLock { inbox in
      inbox.lastKey += 1
      return inbox.lastKey
    }
    let channel = JobChannel(unreadTokensMax: unreadTokensMax) { [weak self] in
      self?.withdraw(key)
    }
    inbox.withLock { $0.submissions.append(Submission(key: key, job: job, channel: channel)) }
    wake.yield()
    return channel
  }

  private func withdraw(_ key: UInt64) {
    inbox.withLock { $0.withdrawn.append(key) }
    wake.yield()
  }

  /// Gives the room of a job back, or to who waits for it.
  private func release() {
    let waiter = inbox.withLock { inbox -> RoomWaiter? in
      if let next = inbox.waitingForRoom.popFirst() { return next.waiter }
      inbox.jobCount -= 1
      return nil
    }
    waiter?.resume()
  }
}

// MARK: - On the compute thread

extension ModelRunner {
  /// Runs what there is until the runner is closed.
  func run() async {
    for await _ in wakes { await workUntilIdle() }
    await workUntilIdle()
    fail(.stopping)
  }

  private func workUntilIdle() async {
    do {
      while try await executor.run({ [self] in work() }) {}
    } catch let error as ComputeError {
      fail(.compute(error))
    } catch {
      // ignoring: the task was cancelled, so the daemon stops.
      fail(.stopping)
    }
  }

  /// Steps the generator for a slice of time; true: there is more to do.
  private func work() -> Bool {
    let end = clock() + Self.sliceSeconds
    repeat {
      takeInbox()
      for event in generator.step() { deliver(event) }
      inbox.withLock { $0.runningCount = generator.runningJobCount }
      if generator.isIdle { return inbox.withLock { !$0.submissions.isEmpty } }
    } while clock() < end
    return true
  }

  private func takeInbox() {
    let (submissions, withdrawn) = inbox.withLock { inbox in
      defer {
        inbox.submissions = []
        inbox.withdrawn = []
      }
      return (inbox.submissions, inbox.withdrawn)
    }
    let gone = Set(withdrawn)
    for submission in submissions {
      if gone.contains(submission.key) {
        release()
        continue
      }
      do throws(AdmissionError) {
        let id = try generator.submit(submission.job)
        channels[id] = (submission.key, submission.channel)
        ids[submission.key] = id
      } catch {
        submission.channel.fail(.admission(error))
        release()
      }
    }
    for key in withdrawn {
      guard let id = ids[key] else { continue }
      generator.cancel(id)
      forget(id)
    }
  }

  private func deliver(_ event: GeneratorEvent) {
    guard let (_, channel) = channels[event.job] else { return }
    if case .finished(let statistics) = event.kind { counters.count(statistics) }
    do throws(InferenceServiceError) {
      if case .failed(let failure) = event.kind {
        channel.fail(.job(failure))
      } else {
        try channel.send(event.kind)
      }
      if event.kind.isLast { forget(event.job) }
    } catch {
      generator.cancel(event.job)
      forget(event.job)
    }
  }

  private func forget(_ id: JobID) {
    guard let (key, _) = channels.removeValue(forKey: id) else { return }
    ids[key] = nil
    release()
  }

  /// Ends all jobs; the compute thread does not run this runner any more.
  private func fail(_ error: InferenceServiceError) {
    let submissions = inbox.withLock { inbox in
      inbox.isClosed = true
      defer { inbox.submissions = [] }
      return inbox.submissions
    }
    for submission in submissions { submission.channel.fail(error) }
    for (id, entry) in channels {
      generator.cancel(id)
      entry.channel.fail(error)
    }
    channels = [:]
    ids = [:]
    close()
  }
}
