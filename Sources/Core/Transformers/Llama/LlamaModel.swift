package import ModelFiles
package import Tensors

/// A decoder of the Llama family with its cache: tokens in, logits and hidden states out.
///
/// Pre-normalised layers: RMS norm, grouped-query attention with rotary positions on neighbouring
/// pairs, RMS norm, SwiGLU. Weights stay in the format of the file; those in blocks of 32 multiply
/// activations rounded to bytes; keys and values are halves. Attention is computed in segments of
/// 256 positions that are merged in order. Nothing of a token's computation depends on the other
/// tokens of a step, on how a sequence was split into steps or on the number of threads, in no bit.
///
/// Cost of a step: the weights are read once for each 128 tokens, and computed with for each token;
/// attention reads the keys and values of each token's sequence. Memory: the packed weights, the
/// cache, and work space for 128 tokens. Sources: Touvron et al., "LLaMA: Open and Efficient
/// Foundation Language Models", 2023, arXiv:2302.13971; Ainslie et al., "GQA", EMNLP 2023,
/// arXiv:2305.13245; Kwon et al., "Efficient Memory Management for Large Language Model Serving
/// with PagedAttention", SOSP 2023, arXiv:2309.06180.
///
/// Used by one thread at a time.
package final class LlamaModel {
  /// The sizes of the network.
  package let configuration: LlamaConfiguration
  /// The version of the kernels.
  package let path: KernelPath
  let weights: LlamaWeights
  private let frequencies: [Double]
  private let pool: WorkerPool
  private let loops: LlamaLoops
  private let workspace = LlamaWorkspace()
  private var cache: PagedCache

  /// Loads a model, and reserves a cache of `positionCountMax` positions, rounded up to pages.
  ///
  /// `threadCount` threads compute, with the one that calls. Cost: one pass over the file.
  package init(
    _ file: GGUFFile, path: KernelPath, threadCount: Int, positionCountMax: Int
  ) throws(LlamaError) {
    precondition(positionCountMax >= 1, "a cache of \(positionCountMax) positions")
    let sizes = try LlamaConfiguration(file)
    let pool = WorkerPool(name: "llama", threadCount: threadCount)
    let weights = try LlamaWeights(file, sizes, path: path, pool: pool)
    configuration = sizes
    self.path = path
    self.weights = weights
    self.pool = pool
    loops = LlamaLoops(sizes, path: path, threadCount: threadCount)
    frequencies = rotaryFrequencies(sizes, factors: weights.rotaryFactors)
    cache = PagedCache(
      pageCount: (positionCountMax + CachePage.positionCount - 1) / CachePage.positionCount,
      layerCount: sizes.layerCount, headCount: sizes.keyValueHeadCount, headSize: sizes.headSize)
  }

  /// The number of tokens of the vocabulary.
  package var vocabularySize: Int { configuration.vocabularySize }
  /// The most positions of one sequence.
  package var contextLength: Int { configuration.contextLength }
  /// The size of a hidden state.
  package var hiddenSize: Int { configuration.hiddenSize }
  /// The number of decoder layers.
  package var layerCount: Int { configuration.layerCount }
  /// The number of positions of a page of the cache.
  package var positionsPerPage: Int { CachePage.positionCount }
  /// The number of positions of all pages that no sequence holds.
  package var freePositionCount: Int { cache.freePages.count * CachePage.positionCount }
  /// The number of threads that compute.
  package var threadCount: Int { pool.threadCount }
  /// The bytes of the weights.
  package var weightByteCount: Int { weights.byteCount }
  /// The bytes that the cache takes when all its pages have been written.
  package var cacheByteCount: Int { 2 * cache.pageCount * cache.pageStride }

  /// A new sequence without positions.
  package func makeSequence() -> SequenceID { cache.makeSequence() }

  /// A new sequence with the positions of another, whose pages they share until one grows in them.
  package func fork(_ sequence: SequenceID) -> SequenceID { cache.fork(sequence) }

  /// Drops all positions of a sequence after the first `positionCount`.
  package func truncate(_ sequence: SequenceID, to positionCount: Int) {
    cache.truncate(sequence, to: positionCount)
  }

  /// Ends a sequence; pages that nobody else holds become free.
  package func remove(_ sequence: SequenceID) { cache.remove(sequence) }

  /// The number of positions of a sequence.
  package func positionCount(of sequence: SequenceID) -> Int { cache[sequence].positionCount }

  /// Appends the tokens of each row to its sequence and computes what is asked for.
  ///
  /// All or nothing: a step that throws has changed nothing.
  package func run(_ step: ModelStep, into output: ModelOutput) throws(ModelStepError) {
    try check(step)
    output.reserve(for: step, vocabularySize: vocabularySize, hiddenSize: hiddenSize)
    let rows = append(step)
    output.logits.withUnsafeMutableBufferPointer { logits in
      output.hiddenStates.withUnsafeMutableBufferPointer { hiddenStates in
        for first in stride(from: 0, to: rows.rows.count, by: LlamaWorkspace.rowCountMax) {
          let end = min(first + LlamaWorkspace.rowCountMax, rows.rows.count)
          let pass = LlamaPass(
            sizes: configuration, weights: weights, frequencies: frequencies, path: path,
            pool: pool, loops: loops, workspace: workspace, cacheStart: cache.start(ofHead: 0),
            headStride: cache.headStride, pageStride: cache.pageStride,
            rows: Array(rows.rows[first..<end]), pages: rows.pages)
          pass.run(logits: logits.baseAddress, hiddenStates: hiddenStates.baseAddress)
        }
      }
    }
  }

  private func check(_ step: ModelStep) throws(ModelStepError) {
    for rows in step.rows {
      let positions = positionCount(of: rows.sequence) + rows.tokens.count
      guard positions <= contextLength else {
        throw .contextFull(positions: positions, limit: contextLength)
      }
      for token in rows.tokens where !(0..<vocabularySize).contains(Int(token)) {
        throw .unknownToken(id: token, vocabularySize: vocabularySize)
      }
      if let layer = rows.hiddenLayer, !(0...layerCount).contains(layer) {
        throw .unknownLayer(layer: layer, layerCount: layerCount)
      }
    }
    let needed = cache.pageCount(toGrow: step.rows.map { ($0.sequence, $0.tokens.count) })
    guard needed <= cache.freePages.count else {
      throw .cacheFull(needed: needed * CachePage.positionCount, free: freePositionCount)
    }
  }

  /// Gives the sequences their places and lists all tokens with them.
  private func append(_ step: ModelStep) -> (rows: [LlamaRow], pages: [Int32]) {
    var rows: [LlamaRow] = []
    var pages: [Int32] = []
    var (logitRow, hiddenRow) = (0, 0)
    for entry in step.rows {
      let first = positionCount(of: entry.sequence)
      cache.grow(entry.sequence, by: entry.tokens.count)
      for (index, token) in entry.tokens.enumerated() {
        var row = LlamaRow(token: Int(token), position: first + index, firstPage: pages.count)
        if index >= entry.logitsFrom {
          row.logitRow = logitRow
          logitRow += 1
        }
        if let layer = entry.hiddenLayer {
          (row.hiddenRow, row.hiddenLayer) = (hiddenRow, layer)
          hiddenRow += 1
        }
        rows.append(row)
      }
      pages += cache[entry.sequence].pages
    }
    return (rows, pages)
  }
}
