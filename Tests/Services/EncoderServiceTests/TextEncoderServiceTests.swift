import AutodidactClient
import Messages
import ModelFiles
import TTRPC
import Tensors
import ServiceFixtures
import TestSupport
import Testing

@testable import EncoderService

@Suite struct TextEncoderServiceTests {
  @Test func `a batch gives the vectors of its texts alone, in order`() async throws {
    let models = try tinyModels()
    try await withEncoder(models: models.path) { client in
      let texts = (0..<40).map { String(repeating: "abc ", count: $0 % 7) + "x" }
      let batch = try await client.encode(request(texts, sequence: 9))
      #expect(batch.sequence == 9)
      let features = try #require(batch.features)
      #expect(features.shape == [40, 24])
      let all = try features.floats()
      for (index, text) in texts.enumerated() where index % 5 == 0 {
        let single = try await client.encode(request([text]))
        #expect(try single.features?.floats() == Array(all[index * 24..<(index + 1) * 24]))
        #expect(single.tokenCounts == [batch.tokenCounts[index]])
        #expect(single.modelDigest == batch.modelDigest)
      }
    }
  }

  @Test func `many callers at once get their own vectors`() async throws {
    let models = try tinyModels()
    try await withEncoder(models: models.path) { client in
      let alone = try await client.encode(request(["a", "b", "c"]))
      let expected = try #require(try alone.features?.floats())
      try await withThrowingTaskGroup(of: (Int, [Float]).self) { group in
        for index in 0..<60 {
          group.addTask {
            let text = ["a", "b", "c"][index % 3]
            let answer = try await client.encode(request([text]))
            return (index % 3, try answer.features?.floats() ?? [])
          }
        }
        for try await (row, vector) in group {
          #expect(vector == Array(expected[row * 24..<(row + 1) * 24]))
        }
      }
    }
  }

  @Test func `empty texts and empty batches are valid`() async throws {
    let models = try tinyModels()
    try await withEncoder(models: models.path) { client in
      let empty = try await client.encode(request(["", " \n"]))
      #expect(empty.tokenCounts == [2, 2])
      let none = try await client.encode(request([]))
      #expect(none.features?.shape == [0, 24])
    }
  }

  @Test func `a text of a megabyte is cut, and the answer says so`() async throws {
    let models = try tinyModels()
    try await withEncoder(models: models.path) { client in
      let long = String(repeating: "ab ", count: 349_525)
      let answer = try await client.encode(request(["a", long]))
      #expect(answer.truncated == [1])
      #expect(answer.tokenCounts == [3, 20])
      var options = EncodeOptions()
      options.truncation = .refuse
      let refusal = await failure {
        try await client.encode(request(["a", long], options: options))
      }
      #expect(refusal?.code == .invalidArgument)
      #expect(refusal?.message.contains("text 1 has more than 20 tokens") == true)
    }
  }

  @Test func `token states come with the vectors when asked for`() async throws {
    let models = try tinyModels()
    try await withEncoder(models: models.path) { client in
      var options = EncodeOptions()
      options.tokenStates = true
      options.pooling = .cls
      options.normalization = .none
      let answer = try await client.encode(request(["abc", "x"], options: options))
      #expect(answer.tokenCounts == [5, 3])
      #expect(answer.tokenStates?.shape == [8, 24])
      let states = try #require(try answer.tokenStates?.floats())
      let vectors = try #require(try answer.features?.floats())
      #expect(Array(states[0..<24]) == Array(vectors[0..<24]))
      #expect(Array(states[5 * 24..<6 * 24]) == Array(vectors[24..<48]))
    }
  }

  @Test func `a stream answers every request in order`() async throws {
    let models = try tinyModels()
    try await withEncoder(models: models.path) { client in
      let alone = try await client.encode(request(["abc"]))
      let call = try await client.encodeStream()
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          for index in 0..<50 {
            try await call.send(
              request(Array(repeating: "abc", count: index % 9), sequence: UInt64(index)))
          }
          try await call.finish()
        }
        var next: UInt64 = 0
        for try await answer in call.responses {
          #expect(answer.sequence == next)
          #expect(answer.features?.shape == [next % 9, 24])
          if next % 9 > 0 {
            let vector = try answer.features?.floats().prefix(24)
            #expect(vector.map(Array.init) == (try alone.features?.floats()))
          }
          next += 1
        }
        #expect(next == 50)
        try await group.waitForAll()
      }
    }
  }

  @Test func `a stream in lock-step gets each answer before the next request`() async throws {
    let models = try tinyModels()
    try await withEncoder(models: models.path) { client in
      let call = try await client.encodeStream()
      var answers = call.responses.makeAsyncIterator()
      for index in 0..<10 {
        try await call.send(request(["a"], sequence: UInt64(index)))
        #expect(try await answers.next()?.sequence == UInt64(index))
      }
      try await call.finish()
      #expect(try await answers.next() == nil)
    }
  }

  @Test func `tokenize gives ids and says what was cut`() async throws {
    let models = try tinyModels()
    try await withEncoder(models: models.path) { client in
      let answer = try await client.tokenize(
        TokenizeRequest(texts: ["ab", String(repeating: "a ", count: 30)]))
      #expect(answer.sequences[0].ids == [2, 5, 32, 3])
      #expect(!answer.sequences[0].truncated && answer.sequences[1].truncated)
      #expect(answer.sequences[1].ids.count == 20)
    }
  }

  @Test func `models and methods are listed`() async throws {
    let models = try tinyModels()
    try TinyModel.write(to: models.file("other"))
    try await withEncoder(models: models.path) { client in
      _ = try await client.encode(request(["a"]))
      let listed = try await client.listModels(ListEncoderModelsRequest()).models
      #expect(listed.map(\.name) == ["other", "tiny"])
      #expect(listed.map(\.loaded) == [false, true])
      #expect(listed.map(\.isDefault) == [false, true])
      #expect(listed.allSatisfy { $0.dimensions == 24 && $0.tokensMax == 20 })
      #expect(listed[1].digest.count == 64)
      let methods = try await client.listMethods(ListEncoderMethodsRequest()).methods
      #expect(methods.map(\.id) == ["sentence-bert"])
    }
  }

  @Test(
    .enabled(
      if: SharedData.isAvailable && SharedModels.hasMiniLM,
      "\(SharedData.reason), \(SharedModels.reason)"))
  func `vectors over the socket equal the reference`() async throws {
    try await withEncoder(
      models: SharedModels.folder, configuration: EncoderServiceConfiguration()
    ) { client in
      let texts = try ReferenceText.all().prefix(48)
      let reference = try SharedData.numpy("reference/minilm/embeddings.npy").matrix()
      let answer = try await client.encode(request(texts.map(\.text)))
      #expect(answer.tokenCounts == texts.map { UInt32($0.ids.count) })
      let found = try #require(try answer.features?.floats())
      for text in texts {
        for (column, value) in reference.row(text.index).enumerated() {
          #expect(abs(found[text.index * 384 + column] - value) <= 1e-5)
        }
      }
    }
  }
}
