import Foundation
import ModelFiles
import TestSupport
import Tensors
import Testing

@testable import Transformers

/// Files that are no model which can be run: the error names what is wrong.
@Suite struct LlamaRefusalTests {
  private func load(_ builder: GGUFBuilder) throws {
    let folder = try TemporaryFolder()
    let file = try GGUFFile(path: try folder.write("model.gguf", builder.bytes()))
    _ = try LlamaModel(file, path: .best, threadCount: 1, positionCountMax: 64)
  }

  private func builder(
    leavingOut key: String, adding value: GGUFBuilder.Value? = nil
  ) -> GGUFBuilder {
    var builder = TinyLlama().builder()
    builder.removeKey(key)
    if let value { builder.set(key, value) }
    return builder
  }

  @Test func `another architecture is refused by name`() {
    #expect(throws: LlamaError.architecture("gemma3")) {
      try load(builder(leavingOut: "general.architecture", adding: .string("gemma3")))
    }
  }

  @Test(arguments: [
    "general.architecture", "llama.block_count", "llama.context_length",
    "llama.embedding_length", "llama.feed_forward_length", "llama.attention.head_count",
    "llama.attention.layer_norm_rms_epsilon",
  ])
  func `a missing key is named`(key: String) {
    #expect(throws: LlamaError.file(.missingKey(key))) { try load(builder(leavingOut: key)) }
  }

  @Test func `sizes outside their range are refused with it`() {
    #expect(throws: LlamaError.value(key: "llama.block_count", value: 0, range: 1...1024)) {
      try load(builder(leavingOut: "llama.block_count", adding: .uint32(0)))
    }
    #expect(
      throws: LlamaError.notMultiple(key: "llama.attention.head_count", value: 4, of: 3)
    ) {
      try load(builder(leavingOut: "llama.attention.head_count_kv", adding: .uint32(3)))
    }
    #expect(
      throws: LlamaError.notMultiple(
        key: "the head size (llama.attention.key_length)", value: 8, of: 16)
    ) {
      try load(builder(leavingOut: "llama.attention.key_length", adding: .uint32(8)))
    }
    #expect(throws: LlamaError.notPositive(key: "llama.rope.freq_base", value: -1)) {
      try load(builder(leavingOut: "llama.rope.freq_base", adding: .float32(-1)))
    }
    #expect(throws: LlamaError.unsupported(key: "llama.expert_count", value: "8")) {
      try load(builder(leavingOut: "llama.expert_count", adding: .uint32(8)))
    }
    #expect(throws: LlamaError.unsupported(key: "llama.rope.scaling.type", value: "yarn")) {
      try load(builder(leavingOut: "llama.rope.scaling.type", adding: .string("yarn")))
    }
  }

  @Test func `a tensor of another shape is named with both shapes`() {
    var builder = TinyLlama().builder()
    builder.removeTensor("blk.1.ffn_up.weight")
    builder.add(tensor: "blk.1.ffn_up.weight", shape: [2, 64], [Float](repeating: 0, count: 128))
    #expect(
      throws: LlamaError.shape(
        tensor: "blk.1.ffn_up.weight", expected: [96, 64], actual: [2, 64])
    ) { try load(builder) }
  }

  @Test func `a missing, an unknown and an unsupported tensor are named`() {
    var missing = TinyLlama().builder()
    missing.removeTensor("blk.0.attn_k.weight")
    #expect(throws: LlamaError.file(.missingTensor("blk.0.attn_k.weight"))) { try load(missing) }
    var unknown = TinyLlama().builder()
    unknown.add(tensor: "blk.0.attn_q.bias", shape: [64], [Float](repeating: 0, count: 64))
    #expect(throws: LlamaError.unknownTensor("blk.0.attn_q.bias")) { try load(unknown) }
    var unsupported = TinyLlama().builder()
    unsupported.removeTensor("output_norm.weight")
    unsupported.add(tensor: "output_norm.weight", .other(12), shape: [64], bytes: [])
    #expect(
      throws: LlamaError.file(.unsupportedType(tensor: "output_norm.weight", type: .other(12)))
    ) { try load(unsupported) }
  }

  @Test func `every error says what is wrong in one sentence`() {
    let errors: [LlamaError] = [
      .file(.missingKey("k")), .architecture("x"), .unsupported(key: "k", value: "v"),
      .value(key: "k", value: 1, range: 2...3), .notPositive(key: "k", value: 0),
      .notMultiple(key: "k", value: 3, of: 2), .shape(tensor: "t", expected: [1], actual: [2]),
      .unknownTensor("t"),
    ]
    for error in errors { #expect(error.description.count > 10) }
  }
}
