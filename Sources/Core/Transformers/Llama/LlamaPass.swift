import Glibc
import Tensors

/// One token of a pass and where its results go.
struct LlamaRow {
  let token: Int
  let position: Int
  /// Where the pages of its sequence start in the list of pages.
  let firstPage: Int
  /// The row of the logits; nil: none are wanted.
  var logitRow: Int?
  /// The row of the hidden states; nil: none is wanted.
  var hiddenRow: Int?
  /// The layer whose output is the hidden state; 0: the last one's, normalised.
  var hiddenLayer = 0
}

/// How the loops of a pass are cut.
struct LlamaLoops {
  /// The inner states that one thread rounds together: a block of activations.
  static let roundedCount = 32

  /// The heads of queries, then keys, then values.
  let heads: LoopChunks
  /// The panels of matrices whose outputs are added to the states.
  let hidden: LoopChunks
  /// The blocks of the feed-forward part's inner states.
  let inner: LoopChunks
  /// The panels of the logits.
  let vocabulary: LoopChunks

  init(_ sizes: LlamaConfiguration, path: KernelPath, threadCount: Int) {
    // Chunks of panels are no larger than a cache holds: each is read once for each eight tokens.
    func panels(_ rowCount: Int) -> LoopChunks {
      LoopChunks(
        itemCount: (rowCount + path.panelRowCount - 1) / path.panelRowCount,
        threadCount: threadCount, chunkSizeMax: 32)
    }
    heads = LoopChunks(
      itemCount: sizes.headCount + 2 * sizes.keyValueHeadCount, threadCount: threadCount,
      chunkSizeMax: 8)
    hidden = panels(sizes.hiddenSize)
    inner = LoopChunks(
      itemCount: (sizes.intermediateSize + Self.roundedCount - 1) / Self.roundedCount,
      threadCount: threadCount, chunkSizeMax: 32 * path.panelRowCount / Self.roundedCount)
    vocabulary = panels(sizes.vocabularySize)
  }
}

/// One pass of up to 128 tokens through all layers.
///
/// Each part is a loop over pieces that the threads share: heads of the queries, keys and values
/// (rotated and stored by whoever computed them), pieces of attention, panels of the other
/// matrices.
struct LlamaPass {
  let sizes: LlamaConfiguration
  let weights: LlamaWeights
  let frequencies: [Double]
  let path: KernelPath
  let pool: WorkerPool
  let loops: LlamaLoops
  let workspace: LlamaWorkspace
  let cacheStart: UnsafeMutablePointer<UInt16>
  let headStride: Int
  let pageStride: Int
  let rows: [LlamaRow]
  let pages: [Int32]

  /// A row and a segment of its positions.
  private struct Piece {
    let row: Int
    let segment: Int
  }

  private var hidden: Int { sizes.hiddenSize }
  private var headSize: Int { sizes.headSize }
  private var queryWidth: Int { sizes.headCount * sizes.headSize }
  private var keyWidth: Int { sizes.keyValueHeadCount * sizes.headSize }
  private var inner: Int { sizes.intermediateSize }

  /// Computes all layers and writes what the rows ask for.
  func run(logits: UnsafeMutablePointer<Float>?, hiddenStates: UnsafeMutablePointer<Float>?) {
    var pieces: [Piece] = []
    var firstPiece: [Int] = []
    for (index, row) in rows.enumerated() {
      firstPiece.append(pieces.count)
      for segment in 0...row.position / CachePage.segmentPositionCount {
        pieces.append(Piece(row: index, segment: segment))
      }
    }
    workspace.reserve(sizes, rowCount: rows.count, partCount: pieces.count)
    start()
    for (index, layer) in weights.layers.enumerated() {
      normalize(
        layer.attentionNorm,
        rounds: layer.query.format.hasBlocks || layer.key.format.hasBlocks
          || layer.value.format.hasBlocks)
      project(layer, index)
      attend(index, pieces)
      merge(pieces: pieces.count, firstPiece, rounds: layer.attentionOutput.format.hasBlocks)
      add(
        layer.attentionOutput,
        activations(workspace.context.start, workspace.bytes.start, width: queryWidth))
      normalize(
        layer.feedForwardNorm,
        rounds: layer.gate.format.hasBlocks || layer.up.format.hasBlocks)
      feedForward(layer)
      add(
        layer.down, activations(workspace.gate.start, workspace.innerBytes.start, width: inner))
      store(layer: index + 1, hiddenStates)
    }
    finish(logits, hiddenStates)
  }

  // MARK: - Parts of a pass

  /// Looks up the embeddings and the angles of all rows.
  private func start() {
    let (states, half) = (workspace.states.start, sizes.rotaryCount / 2)
    let (cosines, sines) = (workspace.cosines.start, workspace.sines.start)
    forEachRow { index in
      weights.embedding.copyRow(rows[index].token, to: states + index * hidden)
      for pair in 0..<half {
        let angle = Double(rows[index].position) * frequencies[pair]
        cosines[index * half + pair] = Float(cos(angle))
        sines[index * half + pair] = Float(sin(angle))
      }
    }
  }

  /// Normalises all states, and rounds them to bytes for matrices with blocks.
  private func normalize(_ gamma: [Float], rounds: Bool) {
    let (states, normed) = (workspace.states.start, workspace.normed.start)
    gamma.withUnsafeBufferPointer { gamma in
      guard let gamma = gamma.baseAddress else { return }
      forEachRow { index in
        path.rmsNorm(
          count: hidden, x: states + index * hidden, gamma: gamma, epsilon: sizes.epsilon,
          out: normed + index * hidden)
        if rounds { round(normed, index, width: hidden) }
      }
    }
  }

  /// Computes queries, keys and values; the last two go to the cache.
  private func project(_ layer: LlamaLayer, _ layerIndex: Int) {
    let activations = activations(workspace.normed.start, workspace.bytes.start, width: hidden)
    let (queries, keys) = (workspace.queries.start, workspace.keys.start)
    let values = workspace.values.start
    let (heads, keyHeads) = (sizes.headCount, sizes.keyValueHeadCount)
    let panels = headSize / path.panelRowCount
    pool.forEach(loops.heads) { range in
      for index in range {
        if index < heads {
          layer.query.product(
            panels: index * panels..<(index + 1) * panels, of: activations, adds: false,
            to: queries, stride: queryWidth)
          rotate(
            queries + index * headSize, stride: queryWidth,
            scale: 1 / Float(headSize).squareRoot())
          continue
        }
        let isKey = index < heads + keyHeads
        let head = index - heads - (isKey ? 0 : keyHeads)
        let out = isKey ? keys : values
        (isKey ? layer.key : layer.value).product(
          panels: head * panels..<(head + 1) * panels, of: activations, adds: false, to: out,
          stride: keyWidth)
        if isKey { rotate(keys + head * headSize, stride: keyWidth, scale: 1) }
        write(out + head * headSize, isKey: isKey, head: layerIndex * keyHeads + head)
      }
    }
  }

  /// Rotates one head of all rows and scales it.
  private func rotate(_ head: UnsafeMutablePointer<Float>, stride: Int, scale: Float) {
    let half = sizes.rotaryCount / 2
    for index in rows.indices {
      let x = head + index * stride
      path.rotate(
        pairCount: half, cosines: workspace.cosines.start + index * half,
        sines: workspace.sines.start + index * half, scale: scale, x: x)
      for entry in sizes.rotaryCount..<headSize { x[entry] *= scale }
    }
  }

  /// Writes one head of all rows to the cache.
  private func write(_ values: UnsafePointer<Float>, isKey: Bool, head: Int) {
    for (index, row) in rows.enumerated() {
      let page = pages[row.firstPage + row.position / CachePage.positionCount]
      let slot = row.position % CachePage.positionCount
      let start = cacheStart + Int(page) * pageStride + head * headStride
      let x = values + index * keyWidth
      if isKey {
        path.write(key: x, headSize: headSize, slot: slot, to: start)
      } else {
        path.write(value: x, headSize: headSize, slot: slot, to: start)
      }
    }
  }

  /// Attends from each row to each segment of its positions.
  private func attend(_ layerIndex: Int, _ pieces: [Piece]) {
    let keyHeads = sizes.keyValueHeadCount
    let group = sizes.headCount / keyHeads
    let partCount = KernelPath.attentionPartCount(headSize: headSize)
    let (queries, parts) = (workspace.queries.start, workspace.parts.start)
    pages.withUnsafeBufferPointer { pages in
      guard let pages = pages.baseAddress else { return }
      pool.forEach(pieces.count * keyHeads) { index in
        let (piece, head) = (pieces[index / keyHeads], index % keyHeads)
        let row = rows[piece.row]
        let first = piece.segment * CachePage.segmentPositionCount
        let segment = CachePage.Segment(
          positionCount: min(row.position + 1 - first, CachePage.segmentPositionCount),
          start: cacheStart + (layerIndex * keyHeads + head) * headStride, pageStride: pageStride,
          pages: pages + row.firstPage + first / CachePage.positionCount)
        path.attend(
          headCount: group, headSize: headSize,
          queries: queries + piece.row * queryWidth + head * group * headSize, to: segment,
          out: parts + ((index / keyHeads) * sizes.headCount + head * group) * partCount)
      }
    }
  }

  /// Merges the pieces of each row.
  private func merge(pieces: Int, _ firstPiece: [Int], rounds: Bool) {
    let partCount = KernelPath.attentionPartCount(headSize: headSize)
    let (parts, context) = (workspace.parts.start, workspace.context.start)
    forEachRow { index in
      let end = index + 1 < firstPiece.count ? firstPiece[index + 1] : pieces
      for head in 0..<sizes.headCount {
        path.mergeAttention(
          headSize: headSize, segmentCount: end - firstPiece[index],
          parts: parts + (firstPiece[index] * sizes.headCount + head) * partCount,
          stride: sizes.headCount * partCount,
          out: context + index * queryWidth + head * headSize)
      }
      if rounds { round(context, index, width: queryWidth) }
    }
  }

  /// Adds the product of some activations to the states.
  private func add(_ matrix: QuantizedMatrix, _ activations: QuantizedMatrix.Activations) {
    pool.forEach(loops.hidden) { panels in
      matrix.product(
        panels: panels, of: activations, adds: true, to: workspace.states.start, stride: hidden)
    }
  }

  /// Computes the inner states of the feed-forward part; who computes some rounds them.
  private func feedForward(_ layer: LlamaLayer) {
    let activations = activations(workspace.normed.start, workspace.bytes.start, width: hidden)
    let (gate, up) = (workspace.gate.start, workspace.up.start)
    let panels = LlamaLoops.roundedCount / path.panelRowCount
    pool.forEach(loops.inner) { range in
      let panels = range.lowerBound * panels..<min(range.upperBound * panels, layer.gate.panelCount)
      layer.gate.product(panels: panels, of: activations, adds: false, to: gate, stride: inner)
      layer.up.product(panels: panels, of: activations, adds: false, to: up, stride: inner)
      let first = range.lowerBound * LlamaLoops.roundedCount
      let count = min(range.upperBound * LlamaLoops.roundedCount, inner) - first
      for index in rows.indices {
        path.swiGLU(
          count: count, gate: gate + index * inner + first, up: up + index * inner + first)
        if layer.down.format.hasBlocks {
          round(
            gate, index, of: rows.count, width: inner, columns: first..<first + count,
            to: workspace.innerBytes.start)
        }
      }
    }
  }

  /// Copies the states after a layer to the rows that want them.
  private func store(layer: Int, _ hiddenStates: UnsafeMutablePointer<Float>?) {
    for (index, row) in rows.enumerated() where row.hiddenLayer == layer {
      guard let hiddenRow = row.hiddenRow, let hiddenStates else { continue }
      (hiddenStates + hiddenRow * hidden).update(
        from: workspace.states.start + index * hidden, count: hidden)
    }
  }

  /// Applies the last norm where it is wanted, and computes the logits.
  private func finish(
    _ logits: UnsafeMutablePointer<Float>?, _ hiddenStates: UnsafeMutablePointer<Float>?
  ) {
    let (states, normed) = (workspace.states.start, workspace.normed.start)
    let wanted = rows.indices.filter { rows[$0].logitRow != nil }
    weights.outputNorm.withUnsafeBufferPointer { gamma in
      guard let gamma = gamma.baseAddress else { return }
      for (index, row) in rows.enumerated() where row.hiddenLayer == 0 {
        guard let hiddenRow = row.hiddenRow, let hiddenStates else { continue }
        path.rmsNorm(
          count: hidden, x: states + index * hidden, gamma: gamma, epsilon: sizes.epsilon,
          out: hiddenStates + hiddenRow * hidden)
      }
      for (place, index) in wanted.enumerated() {
        path.rmsNorm(
          count: hidden, x: states + index * hidden, gamma: gamma, epsilon: sizes.epsilon,
          out: normed + place * hidden)
        if weights.output.format.hasBlocks {
          round(
            normed, place, of: wanted.count, width: hidden, columns: 0..<hidden,
            to: workspace.bytes.start)
        }
      }
    }
    guard let first = wanted.first, let firstRow = rows[first].logitRow, let logits else { return }
    var activations = activations(normed, workspace.bytes.start, width: hidden)
    activations.count = wanted.count
    pool.forEach(loops.vocabulary) { panels in
      weights.output.product(
        panels: panels, of: activations, adds: false,
        to: logits + firstRow * sizes.vocabularySize, stride: sizes.vocabularySize)
    }
  }

  // MARK: - Sharing the work

  private func activations(
    _ x: UnsafePointer<Float>, _ bytes: UnsafeRawPointer, width: Int
  ) -> QuantizedMatrix.Activations {
    QuantizedMatrix.Activations(count: rows.count, values: x, stride: width, bytes: bytes)
  }

  /// Rounds row `index` of `x` `[rows, width]` to bytes.
  private func round(_ x: UnsafePointer<Float>, _ index: Int, width: Int) {
    round(
      x, index, of: rows.count, width: width, columns: 0..<width, to: workspace.bytes.start)
  }

  /// Rounds some blocks of row `index` of `x` `[count, width]` to bytes.
  private func round(
    _ x: UnsafePointer<Float>, _ index: Int, of count: Int, width: Int, columns: Range<Int>,
    to bytes: UnsafeMutableRawPointer
  ) {
    path.quantize(
      x + index * width, columns: columns, of: width, token: index, of: count, to: bytes)
  }

  /// Calls `body` for each row; few rows are not worth waking a thread for.
  private func forEachRow(_ body: (Int) -> Void) {
    guard rows.count > 2 else {
      for index in rows.indices { body(index) }
      return
    }
    let chunkCount = min(rows.count, 4 * pool.threadCount)
    pool.forEach(chunkCount) { chunk in
      let first = rows.count * chunk / chunkCount
      for index in first..<rows.count * (chunk + 1) / chunkCount { body(index) }
    }
  }
}
