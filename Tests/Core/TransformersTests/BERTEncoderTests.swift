import Foundation
import ModelFiles
import Tensors
import TestSupport
import Testing

@testable import Transformers

@Suite struct BERTEncoderTests {
  static let configuration: BERTConfiguration? = try? JSONDecoder().decode(
    BERTConfiguration.self, from: Data(TinyModel.configuration.utf8)
  )  // ignoring: the tests require it
  static let sequences: [[Int32]] = [[1], [2, 3, 4], Array(0..<20), [49, 0, 49, 0, 49]]

  static func encoder(
    path: KernelPath, prefix: String = "", without missing: String? = nil
  ) throws -> BERTEncoder {
    let folder = try TemporaryFolder()
    var tensors: [String: Matrix<Float>] = [:]
    for (name, matrix) in TinyModel.tensors() where name != missing {
      tensors[prefix + name] = matrix
    }
    let file = try folder.write("model.safetensors", TinyModel.file(of: tensors))
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
    let expected = PlainBERT(tensors: TinyModel.tensors(), width: 24, heads: 3, layers: 2)
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
