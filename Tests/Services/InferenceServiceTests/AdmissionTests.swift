import AutodidactClient
import Decoding
import Messages
import Scheduling
import TTRPC
import ServiceFixtures
import TestSupport
import Testing

@testable import InferenceService

/// Limits, cancellation, deadlines, and readers that are slow.
@Suite struct AdmissionTests {
  /// A request that takes very long.
  private static func endless() -> GenerateRequest {
    request("a", tokensMax: 900, samples: 200)
  }

  /// Starts a call and waits for its first delta.
  private static func started(
    _ request: GenerateRequest, _ client: InferenceClient
  ) async throws -> MessageCall<GenerateRequest, GenerateResponse> {
    let call = try await client.generate(request)
    for try await response in call.responses {
      if case .delta = response.event { break }
    }
    return call
  }

  @Test func `a call beyond what may run and wait is refused with the limit`() async throws {
    let models = try tinyModels()
    var configuration = tinyConfiguration()
    configuration.batchJobsMax = 1
    configuration.queueJobsMax = 0
    try await withInference(models: models.path, configuration: configuration) { fixture in
      let client = fixture.client
      let call = try await Self.started(Self.endless(), client)
      let refusal = await failure {
        try await Generated(try await client.generate(request("b")))
      }
      #expect(refusal?.code == .resourceExhausted)
      #expect(
        refusal?.message
          == "1 jobs run or wait for the model \"tiny\"; the limit is 1: try again later")
      call.cancel()
    }
  }

  @Test func `a cancelled call makes room at once`() async throws {
    let models = try tinyModels()
    var configuration = tinyConfiguration()
    configuration.batchJobsMax = 1
    configuration.queueJobsMax = 1
    try await withInference(models: models.path, configuration: configuration) { fixture in
      let client = fixture.client
      let call = try await Self.started(Self.endless(), client)
      async let waiting = Generated(try await client.generate(request("b", tokensMax: 5)))
      call.cancel()
      let result = try await waiting
      #expect(result.ends[0]?.tokenCount == 5)
    }
  }

  @Test func `samples that reach their deadline in the queue say so`() async throws {
    let models = try tinyModels()
    var configuration = tinyConfiguration()
    configuration.batchJobsMax = 1
    try await withInference(models: models.path, configuration: configuration) { fixture in
      let call = try await Self.started(Self.endless(), fixture.client)
      try await fixture.catalog.withModel("tiny") { model in
        var job = GenerationJob(prompt: [5])
        job.sampleCount = 2
        job.deadline = model.runner.clock()
        var reasons: [EndReason] = []
        for try await event in try model.runner.start(.generation(job)).events {
          if case .sampleEnded(let end) = event { reasons.append(end.reason) }
        }
        #expect(reasons == [.deadline, .deadline])
      }
      call.cancel()
    }
  }

  @Test func `a score whose deadline has passed is refused as such`() async throws {
    let models = try tinyModels()
    try await withInference(models: models.path) { fixture in
      let service = LanguageModelService(
        catalog: fixture.catalog, text: ComputeExecutor(name: "text", threadCount: 1))
      let late = ServerContext(
        service: "Inference", method: "ScoreContinuations",
        deadline: ContinuousClock().now - .seconds(1))
      let question = ScoreContinuationsRequest(
        prompt: prompt("a"), continuations: [Continuation(input: .text("b"))])
      let error = await #expect(throws: InferenceServiceError.self) {
        try await service.scoreContinuations(question, context: late)
      }
      #expect(error?.rpcError.code == .deadlineExceeded)
    }
  }

  @Test func `a reader that does not read stalls nobody and is cut off`() async throws {
    let models = try tinyModels()
    var configuration = tinyConfiguration()
    configuration.unreadTokensMax = 2_000
    try await withInference(models: models.path, configuration: configuration) { fixture in
      let client = fixture.client
      let lazy = try await Self.started(Self.endless(), client)
      for number in 0..<5 {
        let result = try await Generated(
          try await client.generate(request("c\(number)", tokensMax: 10)))
        #expect(result.ends[0]?.tokenCount == 10)
      }
      let refusal = await failure {
        while fixture.catalog.jobCounts.running > 0 {
          _ = try await Generated(try await client.generate(request("d", tokensMax: 50)))
          guard fixture.catalog.jobCounts.running > 0 else { break }
        }
        return try await Generated(lazy)
      }
      #expect(refusal?.code == .resourceExhausted)
      #expect(refusal?.message.contains("tokens are unread; the limit is 2000") == true)
    }
  }

  @Test func `a call in a model that is unloaded finishes, and the next loads it again`()
    async throws
  {
    let models = try tinyModels()
    try await withInference(models: models.path) { fixture in
      let client = fixture.client
      let call = try await Self.started(request("a", tokensMax: 900, samples: 2), client)
      #expect(try await client.unloadModel(UnloadModelRequest(model: "tiny")).unloaded)
      let rest = try await Generated(call)
      #expect(rest.ends.values.map(\.tokenCount) == [900, 900])
      let listed = try await client.listModels(ListLanguageModelsRequest())
      #expect(listed.models.map(\.loaded) == [false])
      #expect(try await client.unloadModel(UnloadModelRequest(model: "tiny")).unloaded == false)
      let again = try await Generated(try await client.generate(request("a")))
      #expect(again.ends[0]?.tokenCount == 12)
    }
  }

  @Test func `models stay within their memory`() async throws {
    let models = try tinyModels()
    try TinyLanguageModel.write(to: models.file("other.gguf"), seed: 2)
    var configuration = tinyConfiguration()
    // One model takes 2 layers, 2 heads of 16 halves, twice, for each of 8,192 positions.
    configuration.memoryBytesMax = 3 << 20
    try await withInference(models: models.path, configuration: configuration) { fixture in
      let client = fixture.client
      let first = try await client.loadModel(LoadModelRequest(model: "tiny"))
      #expect(first.model?.loaded == true && first.model?.stepCosts.isEmpty == false)
      let again = try await client.loadModel(LoadModelRequest(model: "tiny"))
      #expect(again.seconds == 0)
      let refusal = await failure {
        try await client.loadModel(LoadModelRequest(model: "other"))
      }
      #expect(refusal?.code == .resourceExhausted)
      #expect(refusal?.message.hasSuffix("the limit is 3 MiB: unload one first") == true)
      #expect(try await client.unloadModel(UnloadModelRequest(model: "")).unloaded)
      let second = try await client.loadModel(LoadModelRequest(model: "other"))
      #expect(second.model?.loaded == true)
    }
  }
}
