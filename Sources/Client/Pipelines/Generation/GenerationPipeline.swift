package import AutodidactClient
import Files
import FoundationEssentials
package import Messages

/// Generates from a file of prompts.
///
/// Memory is bounded but for a few bytes a row. A daemon that goes away is called again for a
/// while. Rows that are finished survive the end of this process, of the daemon and of the machine;
/// the same command goes on with the rest.
package struct GenerationPipeline: Sendable {
  private let suite: Autodidact
  private let options: GenerateRequest
  private let fields: PromptFields
  private let retry: RetryPolicy
  private let observer: PipelineObserver

  /// A pipeline that asks the inference daemon of `suite` with `options`, whose prompt is not used.
  package init(
    suite: Autodidact, options: GenerateRequest, fields: PromptFields = PromptFields(),
    observer: @escaping PipelineObserver
  ) {
    self.init(
      suite: suite, options: options, fields: fields, retry: RetryPolicy(), observer: observer)
  }

  /// The same with another way of making a lost connection anew.
  init(
    suite: Autodidact, options: GenerateRequest, fields: PromptFields = PromptFields(),
    retry: RetryPolicy, observer: @escaping PipelineObserver
  ) {
    self.suite = suite
    self.options = options
    self.fields = fields
    self.retry = retry
    self.observer = observer
  }

  /// Reads the prompts of the file `input` and writes their rows to the file `output`.
  package func run(
    input: String, output: String
  ) async throws(GenerationError) -> GenerationSummary {
    let partial = output == "-" ? nil : output + ".partial"
    do {
      let clock = ContinuousClock()
      let start = clock.now
      let total = input == "-" ? 0 : try PromptReader.rowCount(path: input)
      let loaded = try await suite.inference.loadModel(LoadModelRequest(model: options.model))
      let settings = try settings(modelDigest: loaded.model?.digest ?? "")
      let book = GenerationBook(
        try GenerationOutput(path: output, settings: settings), total: total, observer: observer)
      try await generate(input, book)
      var summary = try book.finish()
      summary.seconds = (clock.now - start) / .seconds(1)
      return summary
    } catch let error as GenerationError {
      throw error
    } catch let error as InputError {
      throw .input(error)
    } catch let error as FileError {
      throw .file(error)
    } catch {
      if Task.isCancelled { throw .interrupted(path: output) }
      guard let error = error as? CallError else { throw .badAnswer("\(error)") }
      throw .call(error, path: partial)
    }
  }

  /// What rows depend on besides their prompts.
  private func settings(modelDigest: String) throws -> String {
    var digest = ContentDigest()
    digest.add(modelDigest)
    var options = self.options
    options.model = ""
    try options.encoded().withUnsafeBytes { digest.add($0) }
    return digest.hexadecimal
  }

  private func generate(_ input: String, _ book: GenerationBook) async throws {
    var reader = try PromptReader(path: input, fields: fields)
    let bulk = BulkGeneration(client: suite.inference, options: options, retry: retry)
    try await bulk.run {
      while let row = try reader.next() {
        guard let sequence = try book.begin(row) else { continue }
        return BulkPrompt(sequence: sequence, prompt: row.prompt, seed: row.seed)
      }
      return nil
    } receive: {
      try book.receive($0)
    }
  }
}

/// What was asked and what was answered.
///
/// Used by one task at a time.
private final class GenerationBook {
  private let output: GenerationOutput
  private var summary = GenerationSummary()
  private var asked: [UInt64: (id: String, key: TextKey)] = [:]
  private var nextSequence: UInt64 = 0
  private let encoder = JSONText.encoder()
  private let total: Int
  private let observer: PipelineObserver

  init(_ output: GenerationOutput, total: Int, observer: @escaping PipelineObserver) {
    self.output = output
    self.total = total
    self.observer = observer
  }

  /// Notes a row of the input and gives it a number; nil: it was made by an earlier run.
  func begin(_ row: PromptRow) throws -> UInt64? {
    var digest = ContentDigest()
    digest.add(count: row.line)
    digest.add(row.id)
    digest.add(row.seed.map { "\($0)" } ?? "")
    try row.prompt.encoded().withUnsafeBytes { digest.add($0) }
    let key = digest.key
    guard !output.begin(key) else {
      summary.rowCount += 1
      summary.resumedCount += 1
      report()
      return nil
    }
    defer { nextSequence += 1 }
    asked[nextSequence] = (row.id, key)
    return nextSequence
  }

  /// Keeps the answer to a prompt.
  func receive(_ answer: GenerateBulkResponse) throws {
    guard let (id, key) = asked.removeValue(forKey: answer.sequence) else {
      throw GenerationError.badAnswer("there is no prompt \(answer.sequence)")
    }
    let row = GeneratedRow(id: id, answer)
    try output.append(Array(try encoder.encode(row)), key)
    summary.rowCount += 1
    if row.failure != nil { summary.failedCount += 1 }
    if let work = answer.statistics { summary.add(work) }
    report()
  }

  /// Makes the output appear.
  func finish() throws -> GenerationSummary {
    try output.finish()
    return summary
  }

  private func report() {
    observer(.progress(stage: "generating", done: summary.rowCount, total: total))
  }
}
