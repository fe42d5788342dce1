import AutodidactClient
import Messages
import TTRPC
import ServiceFixtures
import TestSupport
import Testing

@testable import EncoderService

/// What callers and operators do wrong, and what they are told.
@Suite struct TextEncoderServiceErrorTests {
  @Test func `a missing model is named with the folder and the way to get it`() async throws {
    let models = try tinyModels()
    let folder = models.path
    try await withEncoder(models: folder) { client in
      let refusal = await failure { try await client.encode(request(["a"], model: "minilm")) }
      #expect(refusal?.code == .notFound)
      #expect(
        refusal?.message
          == "there is no model \"minilm\" in \(folder) (it holds tiny); "
          + "`autodidact model fetch minilm` gets it")
    }
  }

  @Test func `a name that leaves the folder is refused`() async throws {
    let models = try tinyModels()
    try await withEncoder(models: models.path) { client in
      for name in ["../tiny", ".hidden", "a/b", String(repeating: "a", count: 65)] {
        let refusal = await failure { try await client.encode(request(["a"], model: name)) }
        #expect(refusal?.code == .invalidArgument, "\(name)")
      }
    }
  }

  @Test func `a corrupt model says which file is wrong and how`() async throws {
    let models = try tinyModels()
    var tensors = TinyModel.tensors()
    tensors["encoder.layer.1.output.dense.bias"] = nil
    try TinyModel.write(to: models.file("torn"), tensors: tensors)
    try TinyModel.write(to: models.file("swapped"))
    let manifest = #"{"name": "swapped", "sha256": {"model.safetensors": "00"}}"#
    _ = try models.write("swapped/autodidact-model.json", Array(manifest.utf8))
    try TinyModel.write(to: models.file("cut"))
    _ = try models.write("cut/model.safetensors", [1, 2, 3])
    try await withEncoder(models: models.path) { client in
      let torn = await failure { try await client.encode(request(["a"], model: "torn")) }
      #expect(torn?.code == .failedPrecondition)
      #expect(torn?.message.contains("encoder.layer.1.output.dense.bias") == true)
      let swapped = await failure { try await client.encode(request(["a"], model: "swapped")) }
      #expect(swapped?.message.contains("digest of the model's manifest") == true)
      let cut = await failure { try await client.encode(request(["a"], model: "cut")) }
      #expect(cut?.message.contains("model.safetensors") == true)
      let usable = try await client.encode(request(["a"]))
      #expect(usable.tokenCounts == [3])
    }
  }

  @Test func `more tokens than may wait are refused with value and limit`() async throws {
    let models = try tinyModels()
    var configuration = tinyConfiguration()
    configuration.queueTokensMax = 30
    try await withEncoder(models: models.path, configuration: configuration) { client in
      let refusal = await failure {
        try await client.encode(request(Array(repeating: "a", count: 11)))
      }
      #expect(refusal?.code == .resourceExhausted)
      #expect(refusal?.message.hasPrefix("33 tokens would wait; the limit is 30") == true)
      let usable = try await client.encode(request(["a"]))
      #expect(usable.tokenCounts == [3])
    }
  }

  @Test func `a stream waits for room instead of being refused`() async throws {
    let models = try tinyModels()
    var configuration = tinyConfiguration()
    configuration.queueTokensMax = 30
    try await withEncoder(models: models.path, configuration: configuration) { client in
      let call = try await client.encodeStream()
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          for _ in 0..<20 { try await call.send(request(Array(repeating: "a", count: 10))) }
          try await call.finish()
        }
        var count = 0
        for try await answer in call.responses { count += answer.tokenCounts.count }
        #expect(count == 200)
        try await group.waitForAll()
      }
    }
  }

  @Test func `a stream whose request can never fit is refused`() async throws {
    let models = try tinyModels()
    var configuration = tinyConfiguration()
    configuration.queueTokensMax = 30
    try await withEncoder(models: models.path, configuration: configuration) { client in
      let call = try await client.encodeStream()
      try await call.send(request(Array(repeating: "a", count: 11)))
      try await call.finish()
      let refusal = await failure {
        for try await _ in call.responses {}
        return 0
      }
      #expect(refusal?.code == .resourceExhausted)
    }
  }

  @Test func `an answer beyond the size of a message is refused before the work`() async throws {
    let models = try tinyModels()
    try await withEncoder(models: models.path) { client in
      let refusal = await failure {
        try await client.encode(request(Array(repeating: "", count: 43_009)))
      }
      #expect(refusal?.code == .resourceExhausted)
      #expect(
        refusal?.message.hasPrefix("the answer would have 4128864 bytes; the limit is 4128768")
          == true)
    }
  }

  @Test func `options beyond the model are refused`() async throws {
    let models = try tinyModels()
    try await withEncoder(models: models.path) { client in
      var options = EncodeOptions()
      options.dimensions = 25
      let wide = await failure { try await client.encode(request(["a"], options: options)) }
      #expect(wide?.code == .invalidArgument)
      #expect(wide?.message == "dimensions is 25; the model has 24")
      options.dimensions = 0
      options.tokensMax = 2
      let short = await failure { try await client.encode(request(["a"], options: options)) }
      #expect(short?.message == "tokens_max is 2; the model allows 3 to 20")
    }
  }

  @Test func `a request without texts is refused`() async throws {
    let models = try tinyModels()
    try await withEncoder(models: models.path) { client in
      let refusal = await failure { try await client.encode(EncodeRequest()) }
      #expect(refusal?.code == .invalidArgument)
      let table = await failure {
        try await client.encode(EncodeRequest(input: .table(TableBatch())))
      }
      #expect(table?.message == "the request has a table, and this daemon encodes texts")
    }
  }

  @Test func `no more models are loaded than may be`() async throws {
    let models = try tinyModels()
    try TinyModel.write(to: models.file("other"))
    var configuration = tinyConfiguration()
    configuration.loadedModelCountMax = 1
    try await withEncoder(models: models.path, configuration: configuration) { client in
      _ = try await client.encode(request(["a"]))
      let refusal = await failure { try await client.encode(request(["a"], model: "other")) }
      #expect(refusal?.code == .resourceExhausted)
    }
  }
}
