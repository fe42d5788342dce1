package import ModelFiles
package import Tensors

private import Foundation

/// A small model of the Llama family with random weights, as a GGUF file.
package struct TinyLlama {
  /// The number of decoder layers.
  package var layerCount = 2
  /// The most positions of a sequence.
  package var contextLength = 1024
  /// The size of a hidden state.
  package var hiddenSize = 64
  /// The size of a state inside the feed-forward part.
  package var intermediateSize = 96
  /// The number of query heads.
  package var headCount = 4
  /// The number of key-value heads.
  package var keyValueHeadCount = 2
  /// The number of tokens.
  package var vocabularySize = 67
  /// The format of the layers' matrices.
  package var format = WeightFormat.q4_1
  /// The format of the embedding, which is the matrix of the logits too.
  package var embeddingFormat = WeightFormat.q8_0
  /// The seed of the weights.
  package var seed: UInt64 = 1
  /// Whether the file has a matrix for the logits of its own.
  package var hasOutput = false

  /// The sizes above.
  package init() {}

  /// The size of a head.
  package var headSize: Int { hiddenSize / headCount }

  /// The file's metadata and tensors.
  package func builder() -> GGUFBuilder {
    var builder = GGUFBuilder()
    builder.set("general.architecture", .string("llama"))
    builder.set("llama.block_count", .uint32(UInt32(layerCount)))
    builder.set("llama.context_length", .uint32(UInt32(contextLength)))
    builder.set("llama.embedding_length", .uint32(UInt32(hiddenSize)))
    builder.set("llama.feed_forward_length", .uint32(UInt32(intermediateSize)))
    builder.set("llama.attention.head_count", .uint32(UInt32(headCount)))
    builder.set("llama.attention.head_count_kv", .uint32(UInt32(keyValueHeadCount)))
    builder.set("llama.attention.layer_norm_rms_epsilon", .float32(1e-5))
    builder.set("llama.rope.freq_base", .float32(10_000))
    var generator = SplitMix64(seed: seed)
    func matrix(_ name: String, _ rows: Int, _ columns: Int, _ format: WeightFormat) {
      let scale = 1.5 / Float(columns).squareRoot()
      let values = generator.normals(rows * columns).map { $0 * scale }
      builder.add(
        tensor: name, GGUFTensorType(format), shape: [rows, columns],
        bytes: PlainWeights.encode(values, format))
    }
    func norm(_ name: String) {
      builder.add(
        tensor: name, shape: [hiddenSize], generator.normals(hiddenSize).map { 1 + 0.1 * $0 })
    }
    matrix("token_embd.weight", vocabularySize, hiddenSize, embeddingFormat)
    let keys = keyValueHeadCount * headSize
    for layer in 0..<layerCount {
      let name = "blk.\(layer)."
      norm(name + "attn_norm.weight")
      matrix(name + "attn_q.weight", hiddenSize, hiddenSize, format)
      matrix(name + "attn_k.weight", keys, hiddenSize, format)
      matrix(name + "attn_v.weight", keys, hiddenSize, format)
      matrix(name + "attn_output.weight", hiddenSize, hiddenSize, format)
      norm(name + "ffn_norm.weight")
      matrix(name + "ffn_gate.weight", intermediateSize, hiddenSize, format)
      matrix(name + "ffn_up.weight", intermediateSize, hiddenSize, format)
      matrix(name + "ffn_down.weight", hiddenSize, intermediateSize, format)
    }
    norm("output_norm.weight")
    if hasOutput { matrix("output.weight", vocabularySize, hiddenSize, format) }
    return builder
  }

  /// Writes the file to `folder` and opens it.
  package func file(in folder: String) throws -> GGUFFile {
    let path = folder + "/tiny-llama.gguf"
    try Data(builder().bytes()).write(to: URL(filePath: path))
    return try GGUFFile(path: path)
  }
}

extension GGUFTensorType {
  /// The type of tensors whose weights have a format.
  package init(_ format: WeightFormat) {
    switch format {
    case .f32: self = .f32
    case .f16: self = .f16
    case .bf16: self = .bf16
    case .q4_0: self = .q4_0
    case .q4_1: self = .q4_1
    case .q8_0: self = .q8_0
    }
  }
}
