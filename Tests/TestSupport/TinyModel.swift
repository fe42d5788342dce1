package import Tensors

private import Foundation

/// A BERT sentence encoder of a few kilobytes with random weights, as a model folder.
package enum TinyModel {
  /// The width of its vectors.
  package static let width = 24
  /// The most tokens of a text.
  package static let tokenCountMax = 20

  /// The sizes as in `config.json`.
  package static let configuration = """
    {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 40,
     "vocab_size": 60, "max_position_embeddings": 20, "model_type": "bert"}
    """

  /// The pieces: special ones, then the letters, which also continue words.
  package static let pieces: [String] = {
    let letters = "abcdefghijklmnopqrstuvwxyz".map(String.init)
    return ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + letters + letters.map { "##" + $0 }
  }()

  /// The weights, the same for the same seed.
  package static func tensors(seed: UInt64 = 21) -> [String: Matrix<Float>] {
    var generator = SplitMix64(seed: seed)
    var tensors: [String: Matrix<Float>] = [:]
    func add(_ name: String, _ rows: Int, _ columns: Int) {
      let isScale = name.hasSuffix("LayerNorm.weight")
      tensors[name] = Matrix(
        rowCount: rows, columnCount: columns,
        elements: generator.normals(rows * columns).map {
          $0 * (isScale ? 0.1 : 0.3) + (isScale ? 1 : 0)
        })
    }
    func pair(_ name: String, _ rows: Int, _ columns: Int) {
      add(name + ".weight", rows, columns)
      add(name + ".bias", 1, rows == 1 ? columns : rows)
    }
    add("embeddings.word_embeddings.weight", 60, width)
    add("embeddings.position_embeddings.weight", tokenCountMax, width)
    add("embeddings.token_type_embeddings.weight", 2, width)
    pair("embeddings.LayerNorm", 1, width)
    for layer in 0..<2 {
      let name = "encoder.layer.\(layer)."
      for part in ["query", "key", "value"] { pair(name + "attention.self." + part, width, width) }
      pair(name + "attention.output.dense", width, width)
      pair(name + "attention.output.LayerNorm", 1, width)
      pair(name + "intermediate.dense", 40, width)
      pair(name + "output.dense", width, 40)
      pair(name + "output.LayerNorm", 1, width)
    }
    return tensors
  }

  /// Writes the folder `path`, which is made, with `tensors` as its weights.
  package static func write(
    to path: String, tensors: [String: Matrix<Float>] = tensors()
  ) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try Data(configuration.utf8).write(to: URL(filePath: path + "/config.json"))
    try Data(pieces.joined(separator: "\n").utf8).write(to: URL(filePath: path + "/vocab.txt"))
    try Data(file(of: tensors)).write(to: URL(filePath: path + "/model.safetensors"))
  }

  /// A safetensors file in which matrices of one row are vectors, as models store biases.
  package static func file(of tensors: [String: Matrix<Float>]) -> [UInt8] {
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
    return withUnsafeBytes(of: UInt64(text.utf8.count)) { Array($0) } + Array(text.utf8) + data
  }
}
