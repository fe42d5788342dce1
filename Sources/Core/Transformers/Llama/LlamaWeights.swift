import ModelFiles
import Tensors

/// The weights of one decoder layer.
struct LlamaLayer: Sendable {
  let attentionNorm: [Float]
  let query: QuantizedMatrix
  let key: QuantizedMatrix
  let value: QuantizedMatrix
  let attentionOutput: QuantizedMatrix
  let feedForwardNorm: [Float]
  let gate: QuantizedMatrix
  let up: QuantizedMatrix
  let down: QuantizedMatrix
}

/// All weights of a model, packed for one version of the kernels.
struct LlamaWeights: Sendable {
  let embedding: QuantizedMatrix
  let layers: [LlamaLayer]
  let outputNorm: [Float]
  /// The matrix of the logits: the embedding where the file has none of its own.
  let output: QuantizedMatrix
  /// What each rotary frequency is divided by; empty: nothing.
  let rotaryFactors: [Float]

  /// The bytes of the packed matrices.
  let byteCount: Int

  /// Checks and packs the tensors of a file.
  init(
    _ file: GGUFFile, _ sizes: LlamaConfiguration, path: KernelPath, pool: WorkerPool
  ) throws(LlamaError) {
    var reader = WeightReader(file: file, path: path, pool: pool)
    let hidden = sizes.hiddenSize
    embedding = try reader.matrix("token_embd.weight", [sizes.vocabularySize, hidden])
    output =
      file.contains(tensor: "output.weight")
      ? try reader.matrix("output.weight", [sizes.vocabularySize, hidden]) : embedding
    outputNorm = try reader.vector("output_norm.weight", hidden)
    rotaryFactors =
      file.contains(tensor: "rope_freqs.weight")
      ? try reader.vector("rope_freqs.weight", sizes.rotaryCount / 2) : []
    var layers: [LlamaLayer] = []
    for index in 0..<sizes.layerCount { layers.append(try reader.layer(index, sizes)) }
    self.layers = layers
    byteCount = reader.byteCount
    try reader.refuseUnknownTensors()
    // All weights are packed; the file's pages are not needed again.
    file.releasePages()
  }
}

/// Reads tensors by name and remembers which.
private struct WeightReader {
  let file: GGUFFile
  let path: KernelPath
  let pool: WorkerPool
  private(set) var byteCount = 0
  private var names: Set<String> = []

  init(file: GGUFFile, path: KernelPath, pool: WorkerPool) {
    self.file = file
    self.path = path
    self.pool = pool
  }

  mutating func layer(
    _ index: Int, _ sizes: LlamaConfiguration
  ) throws(LlamaError) -> LlamaLayer {
    let name = "blk.\(index)."
    let (hidden, inner) = (sizes.hiddenSize, sizes.intermediateSize)
    let queries = sizes.headCount * sizes.headSize
    let keys = sizes.keyValueHeadCount * sizes.headSize
    let layer = LlamaLayer(
      attentionNorm: try vector(name + "attn_norm.weight", hidden),
      query: try matrix(name + "attn_q.weight", [queries, hidden]),
      key: try matrix(name + "attn_k.weight", [keys, hidden]),
      value: try matrix(name + "attn_v.weight", [keys, hidden]),
      attentionOutput: try matrix(name + "attn_output.weight", [hidden, queries]),
      feedForwardNorm: try vector(name + "ffn_norm.weight", hidden),
      gate: try matrix(name + "ffn_gate.weight", [inner, hidden]),
      up: try matrix(name + "ffn_up.weight", [inner, hidden]),
      down: try matrix(name + "ffn_down.weight", [hidden, inner]))
    // Packed layers and the file's pages would otherwise double the memory while loading.
    file.releasePages()
    return layer
  }

  mutating func matrix(_ name: String, _ shape: [Int]) throws(LlamaError) -> QuantizedMatrix {
    let (tensor, format) = try tensor(name, shape)
    let matrix = file.withBytes(of: tensor) { bytes in
      QuantizedMatrix(
        bytes, format: format, rowCount: shape[0], columnCount: shape[1], path: path, pool: pool)
    }
    byteCount += matrix.byteCount
    return matrix
  }

  mutating func vector(_ name: String, _ count: Int) throws(LlamaError) -> [Float] {
    let (tensor, format) = try tensor(name, [count])
    let row = file.withBytes(of: tensor) { bytes in
      QuantizedMatrix(
        bytes, format: format, rowCount: 1, columnCount: count, path: path, pool: pool)
    }
    return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      if let start = buffer.baseAddress { row.copyRow(0, to: start) }
      initialized = count
    }
  }

  func refuseUnknownTensors() throws(LlamaError) {
    for tensor in file.tensors where !names.contains(tensor.name) {
      throw .unknownTensor(tensor.name)
    }
  }

  private mutating func tensor(
    _ name: String, _ shape: [Int]
  ) throws(LlamaError) -> (GGUFTensor, WeightFormat) {
    names.insert(name)
    let tensor: GGUFTensor
    do throws(GGUFError) {
      tensor = try file.tensor(named: name)
    } catch {
      throw .file(error)
    }
    guard tensor.shape == shape else {
      throw .shape(tensor: name, expected: shape, actual: tensor.shape)
    }
    guard let format = WeightFormat(tensor.type) else {
      throw .file(.unsupportedType(tensor: name, type: tensor.type))
    }
    return (tensor, format)
  }
}

extension WeightFormat {
  fileprivate init?(_ type: GGUFTensorType) {
    switch type {
    case .f32: self = .f32
    case .f16: self = .f16
    case .bf16: self = .bf16
    case .q4_0: self = .q4_0
    case .q4_1: self = .q4_1
    case .q8_0: self = .q8_0
    case .other: return nil
    }
  }
}
