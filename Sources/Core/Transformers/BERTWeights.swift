import ModelFiles
import Tensors

/// Finds BERT's tensors by their names, with or without the prefix `bert.`.
struct BERTWeights {
  let file: SafetensorsFile
  let configuration: BERTConfiguration
  let path: KernelPath
  private let prefix: String

  init(_ file: SafetensorsFile, configuration: BERTConfiguration, path: KernelPath) {
    self.file = file
    self.configuration = configuration
    self.path = path
    let name = "embeddings.word_embeddings.weight"
    prefix = file.entries[name] == nil && file.entries["bert." + name] != nil ? "bert." : ""
  }

  func matrix(_ name: String, _ shape: [Int]) throws(SafetensorsError) -> Matrix<Float> {
    try file.matrix(prefix + name, shape: shape)
  }

  func norm(_ name: String) throws(SafetensorsError) -> LayerNorm {
    let width = configuration.hiddenSize
    return LayerNorm(
      gamma: try matrix(name + ".weight", [width]), beta: try matrix(name + ".bias", [width]))
  }

  func linear(_ names: [String], _ inputs: Int, _ outputs: Int) throws(SafetensorsError)
    -> LinearLayer
  {
    var weights: [Matrix<Float>] = []
    var bias: [Float] = []
    for name in names {
      weights.append(try matrix(name + ".weight", [outputs, inputs]))
      bias += try matrix(name + ".bias", [outputs]).elements
    }
    return LinearLayer(
      weights: PackedMatrix(transposing: weights, path: path),
      bias: Matrix(rowCount: 1, columnCount: bias.count, elements: bias))
  }

  func layer(_ index: Int) throws(SafetensorsError) -> BERTLayer {
    let name = "encoder.layer.\(index)."
    let (width, inner) = (configuration.hiddenSize, configuration.intermediateSize)
    return BERTLayer(
      queryKeyValue: try linear(
        ["query", "key", "value"].map { name + "attention.self." + $0 }, width, width),
      attentionOutput: try linear([name + "attention.output.dense"], width, width),
      attentionNorm: try norm(name + "attention.output.LayerNorm"),
      intermediate: try linear([name + "intermediate.dense"], width, inner),
      output: try linear([name + "output.dense"], inner, width),
      outputNorm: try norm(name + "output.LayerNorm"))
  }
}
