import Foundation
import ModelFiles
import Tensors
import TestSupport
import Testing

@testable import Transformers

@Suite struct BERTEncoderTests {
  static let sizes = """
    {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 40,
     "vocab_size": 50, "max_position_embeddings": 20, "model_type": "bert"}
    """
  static let configuration: BERTConfiguration? = try? JSONDecoder().decode(
    BERTConfiguration.self, from: Data(sizes.utf8))  // ignoring: the tests require it
  static let sequences: [[Int32]] = [[1], [2, 3, 4], Array(0..<20), [49, 0, 49, 0, 49]]

  /// A model with random weights.
  static func tensors(prefix: String = "") throws -> [String: Matrix<Float>] {
    var generator = SplitMix64(seed: 21)
    var tensors: [String: Matrix<Float>] = [:]
    func add(_ name: String, _ rows: Int, _ columns: Int) {
      let scale: Float = name.hasSuffix("LayerNorm.weight") ? 0.1 : 0.3
      let offset: Float = name.hasSuffix("LayerNorm.weight") ? 1 : 0
      tensors[prefix + name] = Matrix(
        rowCount: rows, columnCount: columns,
        elements: generator.normals(rows * columns).map { $0 * scale + offset })
    }
    func norm(_ name: String) {
      add(name + ".weight", 1, 24)
      add(name + ".bias", 1, 24)
    }
    func linear(_ name: String, _ inputs: Int, _ outputs: Int) {
      add(name + ".weight", outputs, inputs)
      add(name + ".bias", 1, outputs)
    }
    add("embeddings.word_embeddings.weight", 50, 24)
    add("embeddings.position_embeddings.weight", 20, 24)
    add("embeddings.token_type_embeddings.weight", 2, 24)
    norm("embeddings.LayerNorm")
    for layer in 0..<2 {
      let name = "encoder.layer.\(layer)."
      for part in ["query", "key", "value"] { linear(name + "attention.self." + part, 24, 24) }
      linear(name + "attention.output.dense", 24, 24)
      norm(name + "attention.output.LayerNorm")
      linear(name + "intermediate.dense", 24, 40)
      linear(name + "output.dense", 40, 24)
      norm(name + "output.LayerNorm")
    }
    return tensors
  }

  static func encoder(
    path: KernelPath, prefix: String = "", without missing: String? = nil
  ) throws -> BERTEncoder {
    let folder = try TemporaryFolder()
    var tensors = try tensors(prefix: prefix)
    if let missing { tensors[missing] = nil }
    let file = folder.file("model.safetensors")
    try writeVectorsAsVectors(tensors, to: file)
    return try BERTEncoder(
      SafetensorsFile(path: file), configuration: #require(configuration), path: path)
  }

  /// The states of all tokens, without the padding of rows.
  static func states(
    _ encoder: BERTEncoder, _ sequences: [[Int32]], _ workspace: BERTWorkspace = BERTWorkspace()
  ) -> [[Float]] {
    let packed = PackedSequences(sequences)
    return encoder.withStates(of: packed, in: workspace) { states, stride in
      (0..<packed.tokenCount).map { row in (0..<24).map { states[row * stride + $0] } }
    }
  }

  @Test(arguments: KernelPath.supported)
  func `states equal a plain implementation in double precision`(path: KernelPath) throws {
    let encoder = try Self.encoder(path: path)
    let expected = PlainBERT(tensors: try Self.tensors(), width: 24, heads: 3, layers: 2)
    let found = Self.states(encoder, Self.sequences)
    let wanted = Self.sequences.flatMap { expected.states($0) }
    #expect(found.count == wanted.count)
    for (row, pair) in zip(found, wanted).enumerated() {
      for (value, exact) in zip(pair.0, pair.1) {
        #expect(abs(Double(value) - exact) < 1e-5, "\(path) token \(row)")
      }
    }
  }

  @Test(arguments: KernelPath.supported)
  func `a batch gives the states of its sequences alone, bit for bit`(path: KernelPath) throws {
    let encoder = try Self.encoder(path: path)
    let workspace = BERTWorkspace()
    let batch = Self.states(encoder, Self.sequences, workspace)
    let alone = Self.sequences.flatMap { Self.states(encoder, [$0], workspace) }
    #expect(batch == alone)
    let many = Array(repeating: Self.sequences, count: 9).flatMap { $0 }
    #expect(Self.states(encoder, many, workspace).suffix(batch.count) == batch[...])
  }

  @Test func `names may carry the prefix of a whole model`() throws {
    let plain = Self.states(try Self.encoder(path: .portable), Self.sequences)
    let prefixed = Self.states(
      try Self.encoder(path: .portable, prefix: "bert."), Self.sequences)
    #expect(plain == prefixed)
  }

  @Test func `a missing tensor is named`() {
    let name = "encoder.layer.1.output.dense.bias"
    #expect(throws: SafetensorsError.missingTensor(name)) {
      try Self.encoder(path: .portable, without: name)
    }
  }

  @Test func `an empty batch gives nothing`() throws {
    #expect(Self.states(try Self.encoder(path: .best), []).isEmpty)
  }
}

/// Writes matrices of one row as vectors, as models store biases.
private func writeVectorsAsVectors(_ tensors: [String: Matrix<Float>], to path: String) throws {
  var header: [String] = []
  var data: [UInt8] = []
  for (name, matrix) in tensors.sorted(by: { $0.key < $1.key }) {
    let shape =
      matrix.rowCount == 1 ? "\(matrix.count)" : "\(matrix.rowCount),\(matrix.columnCount)"
    header.append(
      #""\#(name)":{"dtype":"F32","shape":[\#(shape)],"#
        + #""data_offsets":[\#(data.count),\#(data.count + 4 * matrix.count)]}"#)
    matrix.elements.withUnsafeBytes { data += $0 }
  }
  let text = "{" + header.joined(separator: ",") + "}"
  let length = withUnsafeBytes(of: UInt64(text.utf8.count)) { Array($0) }
  try Data(length + Array(text.utf8) + data).write(to: URL(filePath: path))
}
