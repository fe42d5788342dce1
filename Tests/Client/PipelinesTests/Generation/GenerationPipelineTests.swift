import AutodidactClient
import Foundation
import Messages
import Synchronization
import TTRPC
import ServiceFixtures
import TestSupport
import Testing

@testable import Pipelines

/// A file of prompts against an inference daemon that answers with the prompt in capitals.
@Suite(.timeLimit(.minutes(1))) struct GenerationPipelineTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    _ = try folder.write(
      "in.jsonl",
      Array((0..<50).map { "{\"id\":\"r\($0)\",\"prompt\":\"p\($0)\"}\n" }.joined().utf8))
  }

  private func run(
    _ fake: PromptAnswerer, output: String = "out.jsonl", temperature: Double = 0
  ) async throws -> GenerationSummary {
    var summary = GenerationSummary()
    try await fake.run { suite in
      var options = GenerateRequest()
      options.sampling = SamplingOptions(temperature: temperature)
      summary = try await GenerationPipeline(
        suite: suite, options: options,
        retry: RetryPolicy(attemptCountMax: 2, firstDelay: .milliseconds(1))
      ) { _ in }
      .run(input: folder.file("in.jsonl"), output: folder.file(output))
    }
    return summary
  }

  private func lines(_ name: String) throws -> [String] {
    try String(contentsOfFile: folder.file(name), encoding: .utf8).split(separator: "\n").map {
      String($0)
    }
  }

  private func expected(_ number: Int) -> String {
    "{\"finish_reason\":\"end_token\",\"id\":\"r\(number)\",\"log_probability\":-1,"
      + "\"text\":\"P\(number)\",\"token_count\":2}"
  }

  @Test func `rows come in the order of the input, whatever the order of the answers`()
    async throws
  {
    let summary = try await run(PromptAnswerer(swapsPairs: true))
    #expect(summary.rowCount == 50 && summary.failedCount == 0 && summary.resumedCount == 0)
    #expect(try lines("out.jsonl") == (0..<50).map(expected))
    #expect(try folder.names() == ["in.jsonl", "out.jsonl"])
  }

  @Test func `a daemon that comes back is asked for the rest`() async throws {
    let fake = PromptAnswerer()
    fake.fail(afterAnswers: 17, times: 1)
    let summary = try await run(fake)
    #expect(summary.resumedCount == 0 && summary.rowCount == 50)
    #expect(try lines("out.jsonl") == (0..<50).map(expected))
  }

  @Test func `a daemon that stays away loses no finished row`() async throws {
    let fake = PromptAnswerer()
    fake.fail(afterAnswers: 45)
    let error = await #expect(throws: GenerationError.self) { try await run(fake) }
    #expect(error?.description.contains("finished rows are kept") == true)
    #expect(try folder.names() == ["in.jsonl", "out.jsonl.partial"])
    let before = fake.askedCount
    let summary = try await run(fake)
    // Answers that were on their way when the daemon went are asked for again.
    #expect((1...45).contains(summary.resumedCount) && summary.rowCount == 50)
    #expect(fake.askedCount - before == 50 - summary.resumedCount)
    #expect(try lines("out.jsonl") == (0..<50).map(expected))
  }

  @Test func `rows that were made with other options are not mixed in`() async throws {
    let fake = PromptAnswerer()
    fake.fail(afterAnswers: 45)
    await #expect(throws: GenerationError.self) { try await run(fake) }
    let error = await #expect(throws: GenerationError.self) {
      try await run(fake, temperature: 1)
    }
    #expect(error?.description.contains("made with other options or another model") == true)
    #expect(try await run(fake).resumedCount > 0)
  }

  @Test func `an output that another process writes is refused by its name`() async throws {
    let path = folder.file("out.jsonl.partial")
    let other = try LineJournal(path: path, isExclusive: true)
    let error = await #expect(throws: GenerationError.self) { try await run(PromptAnswerer()) }
    #expect(error?.description == "\(path): another process writes to it")
    withExtendedLifetime(other) {}
  }

  @Test func `a cut last row of a killed run is made again`() async throws {
    let fake = PromptAnswerer()
    fake.fail(afterAnswers: 45)
    await #expect(throws: GenerationError.self) { try await run(fake) }
    let partial = folder.file("out.jsonl.partial")
    let bytes = try Data(contentsOf: URL(filePath: partial))
    let rowCount = bytes.count { $0 == 10 } - 1
    try bytes.dropLast(3).write(to: URL(filePath: partial))
    #expect(try await run(fake).resumedCount == rowCount - 1)
    #expect(try lines("out.jsonl") == (0..<50).map(expected))
  }

  @Test func `a prompt that fails says why in its row`() async throws {
    let prompts = #"{"prompt":"a"}"# + "\n" + #"{"prompt":"fail"}"#
    _ = try folder.write("in.jsonl", Array(prompts.utf8))
    let summary = try await run(PromptAnswerer())
    #expect(summary.failedCount == 1)
    #expect(
      try lines("out.jsonl").last == #"{"error":{"code":3,"message":"too long"},"id":"2"}"#)
  }

  @Test func `a prompt that no message can hold fails alone`() async throws {
    let long = String(repeating: "long ", count: 1 << 20)
    let prompts = ["a", long, "b"].map { "{\"prompt\":\"\($0)\"}\n" }.joined()
    _ = try folder.write("in.jsonl", Array(prompts.utf8))
    let fake = PromptAnswerer()
    let summary = try await run(fake)
    #expect(summary.rowCount == 3 && summary.failedCount == 1 && fake.askedCount == 2)
    let rows = try lines("out.jsonl")
    #expect(rows.map { $0.contains("\"error\"") } == [false, true, false])
    #expect(rows[1].contains("message of 5242") && rows[1].contains("limit 4194304"))
    #expect(try folder.names() == ["in.jsonl", "out.jsonl"])
  }

  @Test func `an answer that no message can hold is not asked for again`() async throws {
    let prompts = ["a", "huge", "b"].map { "{\"prompt\":\"\($0)\"}\n" }.joined()
    _ = try folder.write("in.jsonl", Array(prompts.utf8))
    let fake = PromptAnswerer()
    let summary = try await run(fake)
    #expect(summary.rowCount == 3 && summary.failedCount == 1 && fake.askedCount == 3)
    #expect(try lines("out.jsonl")[1].contains(#""code":8"#))
  }

  @Test func `a prompt that finds no room is asked for again, and ends the run in the end`()
    async throws
  {
    _ = try folder.write("in.jsonl", Array("{\"prompt\":\"busy\"}\n".utf8))
    let fake = PromptAnswerer()
    let error = await #expect(throws: GenerationError.self) { try await run(fake) }
    #expect(error?.description.contains("no room") == true && fake.askedCount > 1)
  }

  @Test func `a wrong input is refused with its line`() async throws {
    _ = try folder.write("in.jsonl", Array("{\"prompt\":\"a\"}\n{}\n".utf8))
    let error = await #expect(throws: GenerationError.self) { try await run(PromptAnswerer()) }
    #expect(error?.description.contains("in.jsonl:2: there is no field “prompt”") == true)
  }

  @Test func `several samples are a list`() {
    let sample = Completion(text: "a", reason: .tokenLimit, logProbability: -1)
    let row = GeneratedRow(
      id: "7", GenerateBulkResponse(sequence: 0, completions: [sample, sample]))
    #expect(row.samples.count == 2 && row.samples[0].finishReason == "token_limit")
  }
}

/// An inference daemon that answers with the prompt in capitals, and fails when told.
final class PromptAnswerer: Sendable {
  private struct State {
    var answersLeft: Int?
    var failuresLeft = 0
    var askedCount = 0
  }

  private let state = Mutex(State())
  private let swapsPairs: Bool

  /// A daemon that answers in the order of the prompts, or the second of each two first.
  init(swapsPairs: Bool = false) { self.swapsPairs = swapsPairs }

  /// Fails after so many answers, so many times, as often as the caller tries without any number.
  func fail(afterAnswers count: Int, times: Int = 2) {
    state.withLock { ($0.answersLeft, $0.failuresLeft) = (count, times) }
  }

  /// The prompts that came.
  var askedCount: Int { state.withLock { $0.askedCount } }

  private var service: RPCService {
    RPCService(
      name: "autodidact.v1.Inference",
      methods: [
        .unary("LoadModel") { (_: LoadModelRequest) -> LoadModelResponse in
          LoadModelResponse(model: LanguageModel(name: "fake", digest: "d1"))
        },
        RPCMethod(
          name: "GenerateBulk", isIdempotent: true,
          handler: .bidirectional { requests, _, responses in
            try await self.answer(requests, responses)
          }),
      ])
  }

  /// Answers prompt by prompt, or the second of each two first.
  private func answer(_ requests: RequestSource, _ responses: ResponseSink) async throws {
    var waiting: BulkPrompt?
    for try await payload in requests {
      let request = try GenerateBulkRequest(reading: payload)
      guard case .prompt(let prompt)? = request.part else { continue }
      state.withLock { $0.askedCount += 1 }
      if swapsPairs, waiting == nil {
        waiting = prompt
        continue
      }
      try await send(prompt, responses)
      if let first = waiting.take() { try await send(first, responses) }
    }
  }

  private func send(_ prompt: BulkPrompt, _ responses: ResponseSink) async throws {
    let fails = state.withLock { state -> Bool in
      guard let left = state.answersLeft else { return false }
      guard left == 0 else {
        state.answersLeft = left - 1
        return false
      }
      state.failuresLeft -= 1
      if state.failuresLeft == 0 { state.answersLeft = nil }
      return true
    }
    guard !fails else { throw RPCError(code: .unavailable, message: "the fake goes away") }
    var response = GenerateBulkResponse(sequence: prompt.sequence)
    guard case .text(let text)? = prompt.prompt?.input else { return }
    switch text {
    case "fail": response.failure = ItemFailure(code: 3, message: "too long")
    case "huge": response.failure = ItemFailure(code: 8, message: "the answer has 5 MiB")
    case "busy": response.failure = ItemFailure(code: 8, message: "no room", passing: true)
    default:
      response.completions = [
        Completion(
          text: text.uppercased(), tokenIDs: [1, 2], reason: .endToken, logProbability: -1)
      ]
      response.statistics = GenerationStatistics(generatedTokenCount: 2)
    }
    try await responses.send(try response.payload())
  }

  /// Calls `body` with a client of the running daemon.
  func run(_ body: (Autodidact) async throws -> Void) async throws {
    let folder = try TemporaryFolder()
    try await withServices([service], on: [.inference], in: folder, body)
  }
}
