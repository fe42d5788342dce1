package import ModelFiles

/// The sizes of a model of the Llama family, read from a file's metadata and checked.
package struct LlamaConfiguration: Sendable, Equatable {
  /// The number of decoder layers.
  package let layerCount: Int
  /// The most positions of a sequence.
  package let contextLength: Int
  /// The size of a hidden state.
  package let hiddenSize: Int
  /// The size of a state inside the feed-forward part.
  package let intermediateSize: Int
  /// The number of query heads.
  package let headCount: Int
  /// The number of key-value heads, which divides that of query heads.
  package let keyValueHeadCount: Int
  /// The size of a head, a multiple of 16.
  package let headSize: Int
  /// The entries of a head that are rotated.
  package let rotaryCount: Int
  /// The base of the rotary frequencies.
  package let rotaryBase: Double
  /// What positions are divided by before they are rotated.
  package let rotaryScale: Double
  /// What is added to the mean square before normalising.
  package let epsilon: Float
  /// The number of tokens.
  package let vocabularySize: Int

  /// The largest size of any kind that is read.
  package static let sizeMax = 1 << 20

  /// Reads the sizes of a file.
  package init(_ file: GGUFFile) throws(LlamaError) {
    let reader = SizeReader(metadata: file.metadata)
    let architecture = try reader.text("general.architecture")
    guard architecture == "llama" else { throw .architecture(architecture) }
    try reader.refuse("llama.expert_count", unless: 0)
    layerCount = try reader.size("llama.block_count", 1...1_024)
    contextLength = try reader.size("llama.context_length", 1...(1 << 24))
    hiddenSize = try reader.size("llama.embedding_length")
    intermediateSize = try reader.size("llama.feed_forward_length")
    headCount = try reader.size("llama.attention.head_count", 1...4_096)
    keyValueHeadCount = try reader.size(
      "llama.attention.head_count_kv", 1...headCount, otherwise: headCount)
    guard headCount % keyValueHeadCount == 0 else {
      throw .notMultiple(
        key: "llama.attention.head_count", value: headCount, of: keyValueHeadCount)
    }
    let lengthKey = "llama.attention.key_length"
    if !file.metadata.contains(lengthKey), hiddenSize % headCount != 0 {
      throw .notMultiple(key: "llama.embedding_length", value: hiddenSize, of: headCount)
    }
    let headSize = try reader.size(lengthKey, otherwise: hiddenSize / headCount)
    self.headSize = headSize
    guard headSize % 16 == 0, headSize > 0 else {
      throw .notMultiple(key: "the head size (\(lengthKey))", value: headSize, of: 16)
    }
    try reader.refuse("llama.attention.value_length", unless: headSize)
    rotaryCount = try reader.size("llama.rope.dimension_count", 2...headSize, otherwise: headSize)
    guard rotaryCount % 2 == 0 else {
      throw .notMultiple(key: "llama.rope.dimension_count", value: rotaryCount, of: 2)
    }
    rotaryBase = try reader.positive("llama.rope.freq_base", otherwise: 10_000)
    rotaryScale = try reader.rotaryScale()
    epsilon = Float(try reader.positive("llama.attention.layer_norm_rms_epsilon"))
    let embedding = try reader.tensor("token_embd.weight", of: file)
    vocabularySize = embedding.shape.first ?? 0
    guard (1...Self.sizeMax).contains(vocabularySize), embedding.shape.count == 2 else {
      throw .shape(
        tensor: embedding.name, expected: [vocabularySize, hiddenSize], actual: embedding.shape)
    }
    try reader.refuse("llama.vocab_size", unless: vocabularySize)
  }
}

/// Reads checked values of metadata.
private struct SizeReader {
  let metadata: GGUFMetadata

  func text(_ key: String) throws(LlamaError) -> String {
    do throws(GGUFError) { return try metadata.string(key) } catch { throw .file(error) }
  }

  func tensor(_ name: String, of file: GGUFFile) throws(LlamaError) -> GGUFTensor {
    do throws(GGUFError) { return try file.tensor(named: name) } catch { throw .file(error) }
  }

  func size(
    _ key: String, _ range: ClosedRange<Int> = 1...LlamaConfiguration.sizeMax,
    otherwise: Int? = nil
  ) throws(LlamaError) -> Int {
    if let otherwise, !metadata.contains(key) { return otherwise }
    let value: Int
    do throws(GGUFError) { value = try metadata.integer(key) } catch { throw .file(error) }
    guard range.contains(value) else { throw .value(key: key, value: value, range: range) }
    return value
  }

  func positive(_ key: String, otherwise: Double? = nil) throws(LlamaError) -> Double {
    if let otherwise, !metadata.contains(key) { return otherwise }
    let value: Double
    do throws(GGUFError) { value = try metadata.float(key) } catch { throw .file(error) }
    guard value > 0, value.isFinite else { throw .notPositive(key: key, value: value) }
    return value
  }

  /// Refuses a value other than the one that is computed with.
  func refuse(_ key: String, unless expected: Int) throws(LlamaError) {
    guard metadata.contains(key) else { return }
    let value: Int
    do throws(GGUFError) { value = try metadata.integer(key) } catch { throw .file(error) }
    guard value == expected else { throw .unsupported(key: key, value: "\(value)") }
  }

  func rotaryScale() throws(LlamaError) -> Double {
    let key = "llama.rope.scaling.type"
    guard metadata.contains(key) else { return 1 }
    let kind = try text(key)
    switch kind {
    case "none": return 1
    case "linear": return try positive("llama.rope.scaling.factor")
    default: throw .unsupported(key: key, value: kind)
    }
  }
}
