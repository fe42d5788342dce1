package import AutodidactClient
package import Daemon
internal import Judging
package import Messages
package import Scheduling
package import TTRPC

/// Judges answers and accounts for every score.
///
/// Work on numbers runs on the compute executor, work on files on the database's queues; encoder
/// and language model are asked through their sockets. A caller hears of a score after its row is
/// on the device.
package struct AuditedJudgeService: JudgeServing {
  let store: JudgeStore
  let configuration: JudgeServiceConfiguration
  let compute: ComputeExecutor
  let gatherer: InputGatherer
  let clock: JudgeClock
  let counters: JudgeCounters

  /// Creates the service.
  package init(
    store: JudgeStore, configuration: JudgeServiceConfiguration, compute: ComputeExecutor,
    suite: Autodidact, clock: JudgeClock, counters: JudgeCounters = JudgeCounters()
  ) {
    self.store = store
    self.configuration = configuration
    self.compute = compute
    self.clock = clock
    self.counters = counters
    gatherer = InputGatherer(
      asker: ModelAsker(
        suite: suite, patience: .seconds(configuration.retrySeconds), pause: clock.pause),
      concurrentCallCount: configuration.concurrentCallCount)
  }

  /// Fits and stores a judge.
  package func fit(
    _ requests: MessageSource<FitJudgeRequest>, context: ServerContext
  ) async throws -> FitJudgeResponse {
    var iterator = requests.makeAsyncIterator()
    guard case .header(let header)? = try await iterator.next()?.part else {
      throw JudgeServiceError.missingFirst(expected: "the header")
    }
    try Self.check(name: header.name, what: "judge's name")
    var method = header.method ?? JudgeMethod()
    let inputs = try method.inputs()
    if !method.learns { _ = try method.fitted(on: []) }
    let models = try await models(of: &method, inputs: inputs)
    var answers: [JudgedAnswer] = []
    let source = InputSource(
      method: method, encoderDigest: models.encoder, languageDigest: models.language)
    while let request = try await iterator.next() {
      guard case .items(let batch)? = request.part else {
        throw JudgeServiceError.unexpected(part: "the header")
      }
      try check(batch.items)
      try checkLabelledCount(answers.count + batch.items.count)
      guard method.learns else { continue }
      for answer in try await gatherer.answers(of: batch.items, for: source) {
        if case .ready(let ready) = answer { answers.append(ready) }
      }
    }
    let (learning, fixed) = (answers, method)
    let engine = try await compute.run { try fixed.fitted(on: learning) }
    let judge = try await store.add(
      NewJudge(
        name: header.name, method: method, state: engine.state, fittedItemCount: answers.count,
        encoderDigest: models.encoder, languageDigest: models.language, remarks: models.remarks,
        createdUnixNanoseconds: clock.now()))
    return FitJudgeResponse(judge: judge.message)
  }

  /// Names the models that a method asks in full and returns their digests.
  private func models(
    of method: inout JudgeMethod, inputs: Set<JudgeInput>
  ) async throws -> ModelDigests {
    var digests = ModelDigests()
    if inputs.askEncoder {
      let model = try await gatherer.asker.encoderModel(method.modelName)
      method.modelName = model.name
      digests.encoder = model.digest
    }
    guard inputs.contains(.logProbabilities) else { return digests }
    do {
      let model = try await gatherer.asker.languageModel(method.modelName)
      method.modelName = model.name
      digests.language = model.digest
    } catch JudgeServiceError.upstream(_, .unavailable, _) {
      digests.remarks.append(
        "autodidact-inference did not answer when this judge was fitted: it scores only items that "
          + "bring their log-probabilities")
    }
    return digests
  }

  // MARK: Checks

  static func check(name: String, what: String) throws(JudgeServiceError) {
    let isValid =
      (1...128).contains(name.utf8.count)
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
          UInt8(ascii: "."):
          true
        default: false
        }
      }
    guard isValid else { throw .invalidName(what: what, name) }
  }

  /// Checks the items of one message.
  func check(_ items: [JudgedItem]) throws(JudgeServiceError) {
    guard items.count <= JudgeServiceConfiguration.messageItemCountMax else {
      throw .beyondLimit(
        what: "items of a message", value: items.count,
        limit: JudgeServiceConfiguration.messageItemCountMax)
    }
    var ids: Set<String> = []
    for item in items {
      guard (1...JudgeServiceConfiguration.idBytesMax).contains(item.itemID.utf8.count) else {
        throw .outOfRange(
          name: "item_id", value: "\(item.itemID.utf8.count) bytes",
          range: "1 to \(JudgeServiceConfiguration.idBytesMax) bytes")
      }
      guard ids.insert(item.itemID).inserted else { throw .duplicateID(item.itemID) }
      let bytes = max(item.response.utf8.count, item.reference?.utf8.count ?? 0)
      guard bytes <= configuration.textBytesMax else {
        throw .beyondLimit(
          what: "bytes of the text of the item `\(item.itemID)`", value: bytes,
          limit: configuration.textBytesMax)
      }
    }
  }

  /// Checks that every item has a label.
  func checkLabels(_ items: [JudgedItem]) throws(JudgeServiceError) {
    for item in items {
      guard let label = item.label, (0...1).contains(label) else {
        throw .noLabel(itemID: item.itemID)
      }
    }
  }

  func checkLabelledCount(_ count: Int) throws(JudgeServiceError) {
    guard count <= configuration.labelledItemCountMax else {
      throw .beyondLimit(
        what: "items of one call", value: count, limit: configuration.labelledItemCountMax)
    }
  }
}

/// Where time and chance come from.
package struct JudgeClock: Sendable {
  /// Nanoseconds since 1970.
  package var now: @Sendable () -> Int64
  /// Suspends.
  package var pause: @Sendable (Duration) async throws -> Void
  /// Seconds that only ever rise.
  package var seconds: @Sendable () -> Double
  /// An id that nobody has.
  package var newID: @Sendable () -> String

  /// Creates a clock.
  package init(
    now: @escaping @Sendable () -> Int64,
    pause: @escaping @Sendable (Duration) async throws -> Void,
    seconds: @escaping @Sendable () -> Double, newID: @escaping @Sendable () -> String
  ) {
    self.now = now
    self.pause = pause
    self.seconds = seconds
    self.newID = newID
  }
}

/// The digests of the models that a judge asks.
private struct ModelDigests {
  var encoder = ""
  var language = ""
  var remarks: [String] = []
}
