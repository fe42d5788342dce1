package import ModelFiles
package import Tensors

/// BERT's encoder: token ids in, a state for each token out.
///
/// Sequences are packed one after the other, so no padding is computed, and a state depends on its
/// own sequence only: the states of a batch are, bit for bit, those of its sequences alone. The
/// layers normalise after the residual; GELU is the exact one. The embedding tables are used from
/// the mapped file; the layers' weights are packed once, which costs their size in memory.
///
/// Cost: `layers · (8 width² + 4 width · inner)` operations a token, and `4 width · layers` times
/// its sequence's length. Source: Devlin et al., "BERT: Pre-training of Deep Bidirectional
/// Transformers for Language Understanding", NAACL 2019, arXiv:1810.04805.
package struct BERTEncoder: Sendable {
  /// The sizes of the network.
  package let configuration: BERTConfiguration
  /// The version of the kernels.
  package let path: KernelPath
  private let words: Matrix<Float>
  private let positions: Matrix<Float>
  private let types: Matrix<Float>
  private let embeddingNorm: LayerNorm
  private let layers: [BERTLayer]

  // Rows that pass through the feed-forward part together, so that they stay in the cache.
  private static let blockRows = 112
  private static let rowPadding = 16

  /// Reads and packs the weights of `tensors`.
  package init(
    _ tensors: SafetensorsFile, configuration: BERTConfiguration, path: KernelPath
  ) throws(SafetensorsError) {
    let weights = BERTWeights(tensors, configuration: configuration, path: path)
    let width = configuration.hiddenSize
    self.configuration = configuration
    self.path = path
    words = try weights.matrix(
      "embeddings.word_embeddings.weight", [configuration.vocabularyCount, width])
    positions = try weights.matrix(
      "embeddings.position_embeddings.weight", [configuration.positionCount, width])
    types = try weights.matrix(
      "embeddings.token_type_embeddings.weight", [configuration.typeCount, width])
    embeddingNorm = try weights.norm("embeddings.LayerNorm")
    var layers: [BERTLayer] = []
    for index in 0..<configuration.layerCount { layers.append(try weights.layer(index)) }
    self.layers = layers
    // The layers' weights are packed now; of the file only rows of the embeddings are read again.
    tensors.releasePages()
  }

  /// Calls `body` with the states of all tokens, `[tokens, width]` with the row stride.
  ///
  /// The states live in `workspace` and are valid inside `body` only. Ids must be in the vocabulary
  /// and sequences no longer than the number of positions.
  package func withStates<Result>(
    of sequences: PackedSequences, in workspace: BERTWorkspace,
    _ body: (_ states: UnsafePointer<Float>, _ stride: Int) -> Result
  ) -> Result {
    let pass = ForwardPass(encoder: self, sequences: sequences, workspace: workspace)
    pass.embed()
    for layer in layers { pass.run(layer) }
    return body(workspace.hidden.start, pass.hiddenStride)
  }

  /// One forward pass: the sizes and the places of its matrices.
  private struct ForwardPass {
    let encoder: BERTEncoder
    let sequences: PackedSequences
    let workspace: BERTWorkspace
    let hiddenStride: Int
    let threefoldStride: Int
    let innerStride: Int

    var width: Int { encoder.configuration.hiddenSize }
    var headCount: Int { encoder.configuration.headCount }
    var headSize: Int { encoder.configuration.headSize }

    init(encoder: BERTEncoder, sequences: PackedSequences, workspace: BERTWorkspace) {
      self.encoder = encoder
      self.sequences = sequences
      self.workspace = workspace
      let sizes = encoder.configuration
      hiddenStride = sizes.hiddenSize + BERTEncoder.rowPadding
      threefoldStride = 3 * sizes.hiddenSize + BERTEncoder.rowPadding
      innerStride = sizes.intermediateSize + BERTEncoder.rowPadding
      let tokens = sequences.tokenCount
      let longest = (0..<sequences.count).reduce(0) { max($0, sequences.range($1).count) }
      precondition(
        longest <= sizes.positionCount, "a sequence of \(longest) of \(sizes.positionCount) tokens")
      workspace.reserve(
        hidden: tokens * hiddenStride, queryKeyValue: tokens * threefoldStride,
        context: tokens * hiddenStride,
        intermediate: min(tokens, BERTEncoder.blockRows) * innerStride,
        scratch: encoder.path.attentionScratchCount(
          tokenCount: longest, headSize: sizes.headSize))
    }

    /// Sums the embeddings of word, position and the first type, and normalises them.
    func embed() {
      encoder.words.withUnsafeBufferPointer { words in
        encoder.positions.withUnsafeBufferPointer { positions in
          encoder.types.withUnsafeBufferPointer { types in
            for index in 0..<sequences.count {
              for (position, token) in sequences.range(index).enumerated() {
                let id = Int(sequences.ids[token])
                precondition(
                  id >= 0 && id < encoder.configuration.vocabularyCount, "token id \(id)")
                let out = workspace.hidden.start + token * hiddenStride
                for column in 0..<width {
                  out[column] =
                    words[id * width + column] + types[column]
                    + positions[position * width + column]
                }
              }
            }
          }
        }
      }
      normalize(encoder.embeddingNorm, rows: 0..<sequences.tokenCount)
    }

    func run(_ layer: BERTLayer) {
      forEachBlock { rows in
        layer.queryKeyValue.multiply(
          rows, from: workspace.hidden.start, lda: hiddenStride,
          to: workspace.queryKeyValue.start, ldc: threefoldStride, finish: { .bias($0) })
      }
      attend()
      forEachBlock { rows in
        // hidden = norm(hidden + context · Wo), then norm(hidden + gelu(hidden · W1) · W2)
        let hidden = workspace.hidden.start + rows.lowerBound * hiddenStride
        layer.attentionOutput.multiply(
          0..<rows.count, from: workspace.context.start + rows.lowerBound * hiddenStride,
          lda: hiddenStride, to: hidden, ldc: hiddenStride,
          finish: { .residual($0, hidden, stride: hiddenStride) })
        normalize(layer.attentionNorm, rows: rows)
        layer.intermediate.multiply(
          0..<rows.count, from: hidden, lda: hiddenStride, to: workspace.intermediate.start,
          ldc: innerStride, finish: { .gelu($0) })
        layer.output.multiply(
          0..<rows.count, from: workspace.intermediate.start, lda: innerStride, to: hidden,
          ldc: hiddenStride, finish: { .residual($0, hidden, stride: hiddenStride) })
        normalize(layer.outputNorm, rows: rows)
      }
    }

    private func attend() {
      let scale = 1 / Float(headSize).squareRoot()
      for index in 0..<sequences.count {
        let range = sequences.range(index)
        encoder.path.attention(
          tokenCount: range.count, headCount: headCount, headSize: headSize,
          qkv: workspace.queryKeyValue.start + range.lowerBound * threefoldStride,
          ldqkv: threefoldStride, scale: scale, scratch: workspace.scratch.start,
          out: workspace.context.start + range.lowerBound * hiddenStride, ldo: hiddenStride)
      }
    }

    private func normalize(_ norm: LayerNorm, rows: Range<Int>) {
      let states = workspace.hidden.start + rows.lowerBound * hiddenStride
      norm.gamma.withUnsafeBufferPointer { gamma in
        norm.beta.withUnsafeBufferPointer { beta in
          guard let gamma = gamma.baseAddress, let beta = beta.baseAddress else { return }
          encoder.path.layerNorm(
            rowCount: rows.count, columnCount: width, x: states, ldx: hiddenStride, gamma: gamma,
            beta: beta, epsilon: encoder.configuration.layerNormEpsilon, out: states,
            ldo: hiddenStride)
        }
      }
    }

    private func forEachBlock(_ body: (Range<Int>) -> Void) {
      var row = 0
      while row < sequences.tokenCount {
        let end = min(row + BERTEncoder.blockRows, sequences.tokenCount)
        body(row..<end)
        row = end
      }
    }
  }
}

extension LinearLayer {
  /// Multiplies `rows` of `a` by the weights, and finishes with the bias.
  fileprivate func multiply(
    _ rows: Range<Int>, from a: UnsafePointer<Float>, lda: Int,
    to c: UnsafeMutablePointer<Float>, ldc: Int,
    finish: (UnsafePointer<Float>) -> PackedMatrix.Epilogue
  ) {
    bias.withUnsafeBufferPointer { bias in
      guard let bias = bias.baseAddress else { return }
      weights.product(
        rowCount: rows.count, a: a + rows.lowerBound * lda, lda: lda, epilogue: finish(bias),
        c: c + rows.lowerBound * ldc, ldc: ldc)
    }
  }
}
