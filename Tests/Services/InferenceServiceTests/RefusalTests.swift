import AutodidactClient
import Foundation
import Messages
import TTRPC
import ServiceFixtures
import TestSupport
import Testing

@testable import InferenceService

/// What callers and operators do wrong, and what they are told.
@Suite struct RefusalTests {
  private func refusal(
    _ request: GenerateRequest, _ client: InferenceClient
  ) async -> CallError? {
    await failure { try await Generated(try await client.generate(request)) }
  }

  @Test func `a missing model is named with the folder and the way to get it`() async throws {
    let models = try tinyModels()
    let folder = models.path
    try await withInference(models: folder) { fixture in
      var missing = request("a")
      missing.model = "smollm2"
      let refusal = await refusal(missing, fixture.client)
      #expect(refusal?.code == .notFound)
      #expect(
        refusal?.message
          == "there is no language model \"smollm2\" in \(folder) (it holds tiny); "
          + "`autodidact model fetch smollm2` or `autodidact model import` gets it")
      for name in ["../tiny", ".hidden", "a/b", String(repeating: "a", count: 65)] {
        missing.model = name
        #expect(await self.refusal(missing, fixture.client)?.code == .invalidArgument)
      }
    }
  }

  @Test func `a damaged or unsupported model says what is wrong, and is listed`() async throws {
    let models = try tinyModels()
    let whole = try Data(contentsOf: URL(filePath: models.file("tiny.gguf")))
    try whole.dropLast(100).write(to: URL(filePath: models.file("cut.gguf")))
    try FileManager.default.createDirectory(
      atPath: models.file("swapped"), withIntermediateDirectories: true)
    try whole.write(to: URL(filePath: models.file("swapped/model.gguf")))
    let record = #"{"name": "swapped", "sha256": {"model.gguf": "00"}}"#
    _ = try models.write("swapped/autodidact-model.json", Array(record.utf8))
    var builder = TinyLlama().builder()
    builder.setTokenizer()
    _ = try models.write("vocabulary.gguf", builder.bytes())
    var kQuants = GGUFBuilder()
    kQuants.set("general.architecture", .string("gemma3"))
    _ = try models.write("gemma.gguf", kQuants.bytes())
    try await withInference(models: models.path) { fixture in
      let client = fixture.client
      func message(_ name: String) async -> String {
        let refusal = await failure {
          try await client.loadModel(LoadModelRequest(model: name))
        }
        #expect(refusal?.code == .failedPrecondition, "\(name): \(refusal?.message ?? "")")
        return refusal?.message ?? ""
      }
      #expect(await message("cut").contains("(is the file cut?)"))
      #expect(await message("swapped").contains("does not have the digest"))
      #expect(await message("vocabulary").contains("the tokenizer has 259 tokens"))
      #expect(await message("gemma").contains("gemma3"))
      let listed = try await client.listModels(ListLanguageModelsRequest()).models
      #expect(listed.map(\.name) == ["cut", "gemma", "swapped", "tiny", "vocabulary"])
      let tiny = listed[3]
      #expect(tiny.isDefault && tiny.architecture == "llama" && tiny.chatTemplate == "chatml")
      #expect(tiny.tensorTypes == ["F32", "Q4_1", "Q8_0"] && tiny.vocabularySize == 259)
      let usable = try await Generated(try await client.generate(request("a")))
      #expect(usable.ends[0]?.tokenCount == 12)
    }
  }

  @Test func `a prompt beyond the context is refused with both numbers`() async throws {
    let models = try tinyModels()
    try await withInference(models: models.path) { fixture in
      let long = await refusal(
        request(String(repeating: "a", count: 1_100)), fixture.client)
      #expect(long?.code == .invalidArgument)
      #expect(
        long?.message
          == "prompt and continuation have 1101 tokens at least; the context has 1024")
    }
  }

  @Test func `methods that are not built are refused by name`() async throws {
    let models = try tinyModels()
    try await withInference(models: models.path) { fixture in
      let methods: [(Speculation.Method, String)] = [
        (.layerSkip(LayerSkipSpeculation()), "layer-skip"),
        (.draftModel(DraftModelSpeculation(model: "tiny")), "draft-model"),
        (.deferredHead(DeferredHeadSpeculation()), "deferred-head"),
      ]
      for (method, name) in methods {
        let refusal = await refusal(
          request("a", speculation: Speculation(method: method)), fixture.client)
        #expect(refusal?.code == .unimplemented)
        #expect(
          refusal?.message == "\(name) speculation is not built; automatic, off and lookup are")
      }
      let known = try await fixture.client.listMethods(ListInferenceMethodsRequest()).methods
      #expect(known.map(\.id) == ["automatic", "lookup", "off"])
    }
  }

  @Test func `options out of range are refused with value and range`() async throws {
    let models = try tinyModels(template: nil)
    try await withInference(models: models.path) { fixture in
      let client = fixture.client
      let hot = await refusal(request("a", temperature: 11), client)
      #expect(hot?.code == .invalidArgument)
      #expect(hot?.message == "temperature is 11.0; it must be 0.0 to 10.0")
      let many = await refusal(request("a", samples: 257), client)
      #expect(many?.message == "sample_count has 257 entries; 1 to 256 are allowed")
      let detail = await refusal(request("a", detail: TokenDetail(topCount: 21)), client)
      #expect(detail?.code == .invalidArgument)
      let unset = await refusal(GenerateRequest(), client)
      #expect(unset?.message == "prompt is not set; it must be a text, a chat or tokens")
      let unknown = await refusal(
        GenerateRequest(prompt: Prompt(input: .tokens(TokenIDs(ids: [259])))), client)
      #expect(unknown?.message == "prompt.tokens is token 259; it must be below 259")
      let chat = Chat(messages: [ChatMessage(role: .user, content: "a")])
      let untold = await refusal(GenerateRequest(prompt: Prompt(input: .chat(chat))), client)
      #expect(untold?.code == .failedPrecondition)
      #expect(untold?.message.contains("no template of conversations") == true)
    }
  }

  @Test func `a stream that does not begin with options is refused`() async throws {
    let models = try tinyModels()
    try await withInference(models: models.path) { fixture in
      let call = try await fixture.client.generateBulk()
      try await call.send(GenerateBulkRequest(part: .prompt(BulkPrompt(prompt: prompt("a")))))
      try await call.finish()
      let refusal = await failure {
        for try await _ in call.responses {}
        return 0
      }
      #expect(refusal?.code == .invalidArgument)
    }
  }

  @Test func `roles and conversations are checked`() async throws {
    let models = try tinyModels()
    try await withInference(models: models.path) { fixture in
      func message(_ chat: Chat) async -> String? {
        await refusal(
          GenerateRequest(prompt: Prompt(input: .chat(chat))), fixture.client)?.message
      }
      #expect(
        await message(Chat()) == "chat.messages is 0 messages; it must be 1 to 4096")
      #expect(
        await message(Chat(messages: [ChatMessage(content: "a")]))
          == "chat.messages[0].role is not set; it must be system, user or assistant")
    }
  }
}
