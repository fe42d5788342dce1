import Tensors

/// The weights of one layer, packed for products.
struct BERTLayer: Sendable {
  let queryKeyValue: LinearLayer
  let attentionOutput: LinearLayer
  let attentionNorm: LayerNorm
  let intermediate: LinearLayer
  let output: LinearLayer
  let outputNorm: LayerNorm
}

/// A linear layer: packed weights and a bias for each output.
struct LinearLayer: Sendable {
  let weights: PackedMatrix
  let bias: Matrix<Float>
}

/// The scale and shift of a layer normalisation.
struct LayerNorm: Sendable {
  let gamma: Matrix<Float>
  let beta: Matrix<Float>
}
