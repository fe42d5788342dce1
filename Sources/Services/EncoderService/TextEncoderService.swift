package import Daemon
internal import Encoding
package import Messages
internal import Methods
internal import ModelFiles
package import Scheduling
package import TTRPC

/// Encodes texts: tokenises them, puts them in line with those of other callers, and answers.
///
/// Tokenising and loading run on one thread of their own, encoding on the compute threads; nothing
/// computes on an event loop or on the cooperative pool.
package struct TextEncoderService: EncoderServing {
  let catalog: ModelCatalog
  let configuration: EncoderServiceConfiguration
  let queue: EncodingQueue
  let text: ComputeExecutor
  /// The long-lived part, which has to run beside the server.
  package let workers: EncodingWorkers

  // An answer has to fit into a message of 4 MiB with its envelope.
  static let answerBytesMax = (4 << 20) - (64 << 10)
  // Requests of one stream that are on their way at once: enough to keep all threads busy.
  static let streamWindow = 4

  /// Creates the service; `text` has one thread, `compute` one for each core to be used.
  package init(
    catalog: ModelCatalog, configuration: EncoderServiceConfiguration, text: ComputeExecutor,
    compute: ComputeExecutor,
    didEncode: @escaping @Sendable (_ texts: Int, _ tokens: Int) -> Void = { _, _ in }
  ) {
    self.catalog = catalog
    self.configuration = configuration
    self.text = text
    queue = EncodingQueue(
      limits: TokenBudgetBatcher.Limits(
        batchTokensMax: configuration.batchTokensMax,
        queueTokensMax: configuration.queueTokensMax,
        queueItemsMax: configuration.queueTokensMax))
    workers = EncodingWorkers(queue: queue, executor: compute, didEncode: didEncode)
  }

  /// The tokens that wait to be encoded.
  package var waitingTokenCount: Int { queue.tokenCount }

  /// Encodes one batch.
  package func encode(
    _ request: EncodeRequest, context: ServerContext
  ) async throws -> EncodeResponse {
    let caller = queue.newCaller()
    defer { queue.withdraw(caller: caller) }
    let setting = try await setting(of: request)
    let prepared = try await prepare(request, setting)
    try queue.submit(prepared.job, caller: caller)
    return try await prepared.response()
  }

  /// Encodes the batches of a stream, a few at a time, and answers in their order.
  package func encodeStream(
    _ requests: MessageSource<EncodeRequest>, context: ServerContext,
    responses: MessageSink<EncodeResponse>
  ) async throws {
    let caller = queue.newCaller()
    defer { queue.withdraw(caller: caller) }
    let (prepared, prepare) = AsyncStream.makeStream(of: PreparedBatch.self)
    let (permits, permit) = AsyncStream.makeStream(of: Void.self)
    for _ in 0..<Self.streamWindow { permit.yield() }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { prepare.finish() }
        var setting: Setting?
        var permits = permits.makeAsyncIterator()
        for try await request in requests {
          guard await permits.next() != nil else { return }
          let current: Setting
          if let setting {
            current = setting
          } else {
            current = try await self.setting(of: request)
          }
          setting = current
          let batch = try await self.prepare(request, current)
          try await queue.submitWhenRoom(batch.job, caller: caller)
          prepare.yield(batch)
        }
      }
      group.addTask {
        for await batch in prepared {
          try await responses.send(batch.response())
          permit.yield()
        }
      }
      try await group.waitForAll()
    }
  }

  /// The token ids of texts.
  package func tokenize(
    _ request: TokenizeRequest, context: ServerContext
  ) async throws -> TokenizeResponse {
    let setting = try await setting(model: request.model, options: request.options)
    let tokens = try await tokens(of: request.texts, setting)
    return TokenizeResponse(
      sequences: tokens.map {
        TokenSequence(ids: $0.ids.map { UInt32($0) }, truncated: $0.isTruncated)
      })
  }

  /// What a request or a stream asks for, checked.
  private struct Setting {
    let model: LoadedModel
    let options: EncodingOptions
  }

  private func setting(of request: EncodeRequest) async throws -> Setting {
    try await setting(model: request.model, options: request.options)
  }

  private func setting(model name: String, options: EncodeOptions?) async throws -> Setting {
    let model = try await catalog.model(name.isEmpty ? configuration.defaultModel : name)
    let options = EncodingOptions(options)
    do throws(EncodingError) {
      try model.encoder.validate(options)
    } catch {
      throw EncoderServiceError.encoding(error)
    }
    return Setting(model: model, options: options)
  }

  private func prepare(
    _ request: EncodeRequest, _ setting: Setting
  ) async throws -> PreparedBatch {
    let texts = try Self.texts(of: request)
    let rowBytes = 4 * setting.model.encoder.dimensionCount(setting.options)
    try Self.checkAnswer(texts.count * rowBytes)
    let tokens = try await tokens(of: texts, setting)
    if setting.options.returnsTokenStates {
      try Self.checkAnswer(
        rowBytes * (texts.count + tokens.reduce(0) { $0 + $1.ids.count }))
    }
    return PreparedBatch(
      sequence: request.sequence,
      job: EncodeJob(
        model: setting.model, options: setting.options, sequences: tokens.map(\.ids)),
      truncated: tokens.indices.filter { tokens[$0].isTruncated }.map { UInt32($0) })
  }

  private func tokens(of texts: [String], _ setting: Setting) async throws -> [TokenizedText] {
    try await text.run(cancellable: { flag in
      try texts.enumerated().map { index, text in
        guard !flag.isCancelled else { throw CancellationError() }
        do throws(EncodingError) {
          return try setting.model.encoder.tokenize(
            text, textIndex: index, options: setting.options)
        } catch {
          throw EncoderServiceError.encoding(error)
        }
      }
    })
  }

  private static func checkAnswer(_ bytes: Int) throws(EncoderServiceError) {
    guard bytes <= answerBytesMax else { throw .answerBytes(bytes, limit: answerBytesMax) }
  }

  private static func texts(of request: EncodeRequest) throws(EncoderServiceError) -> [String] {
    switch request.input {
    case .text(let batch): return batch.texts
    case nil: throw .input("no input")
    case .table: throw .input("a table")
    case .image: throw .input("images")
    case .series: throw .input("series")
    }
  }
}

/// A batch in line, and what its answer says besides the vectors.
private struct PreparedBatch: Sendable {
  let sequence: UInt64
  let job: EncodeJob
  let truncated: [UInt32]

  /// The answer, once all vectors are there.
  func response() async throws -> EncodeResponse {
    try await job.wait()
    let width = job.model.encoder.dimensionCount(job.options)
    var response = EncodeResponse()
    response.sequence = sequence
    response.features = Tensor(
      shape: [job.sequences.count, width], floats: UnsafeBufferPointer(job.features))
    response.tokenCounts = job.sequences.map { UInt32($0.count) }
    response.truncated = truncated
    if job.options.returnsTokenStates {
      response.tokenStates = Tensor(
        shape: [job.tokenStates.count / width, width],
        floats: UnsafeBufferPointer(job.tokenStates))
    }
    response.modelDigest = job.model.digest
    return response
  }
}
