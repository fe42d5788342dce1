private import CKernels

/// The weights of a linear layer, `[rows, columns]` = `[outputs, inputs]`, as a file stores them
/// but in the order in which one version of the kernels reads them: panels of 4, 8 or 16 outputs.
///
/// Formats with blocks multiply activations that were rounded to bytes (`KernelPath.quantize`): the
/// products of bytes are exact integers, scaled and summed in float32 block by block. The other
/// formats multiply float32 activations in float32. Each sum runs over the inputs in the same
/// order, so the result of a token is the same bits whatever else is computed with it.
///
/// Memory: that of the file's tensor, with rows rounded up to a panel. Cost of a product: `rows ·
/// columns` multiplications a token; the weights are read once for up to eight tokens.
package struct QuantizedMatrix: Sendable {
  /// How the weights are stored.
  package let format: WeightFormat
  /// The number of outputs.
  package let rowCount: Int
  /// The number of inputs.
  package let columnCount: Int
  /// The version of the kernels that it was packed for.
  package let path: KernelPath
  /// The number of panels.
  package let panelCount: Int
  private let block: Block

  /// Packs the weights of a file, on the threads of `pool`.
  ///
  /// `weights` has `rowCount` rows of the format; formats with blocks need a multiple of 32
  /// columns.
  package init(
    _ weights: UnsafeRawBufferPointer, format: WeightFormat, rowCount: Int, columnCount: Int,
    path: KernelPath, pool: WorkerPool
  ) {
    precondition(path.isSupported, "this processor does not run the \(path.rawValue) kernels")
    precondition(
      !format.hasBlocks || columnCount % 32 == 0, "blocks of 32 in \(columnCount) columns")
    precondition(
      weights.count == rowCount * format.rowByteCount(columnCount: columnCount),
      "\(weights.count) bytes for \(rowCount) rows of \(columnCount) weights \(format)")
    self.format = format
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.path = path
    let panelRowCount = path.panelRowCount
    let panelCount = (rowCount + panelRowCount - 1) / panelRowCount
    self.panelCount = panelCount
    let block = Block(
      byteCount: panelCount * kernels_weights_panel_bytes(path.number, format.number, columnCount))
    self.block = block
    guard let source = weights.baseAddress else { return }
    let chunkPanels = 64
    pool.forEach((panelCount + chunkPanels - 1) / chunkPanels) { chunk in
      let first = chunk * chunkPanels
      kernels_weights_pack(
        path.number, format.number, rowCount, columnCount, source, first,
        min(first + chunkPanels, panelCount), block.start)
    }
  }

  /// The bytes that the weights take.
  package var byteCount: Int { block.byteCount }

  /// Writes the weights of output `row` to `out` `[columns]`.
  package func copyRow(_ row: Int, to out: UnsafeMutablePointer<Float>) {
    precondition((0..<rowCount).contains(row), "row \(row) of \(rowCount)")
    kernels_weights_row(path.number, format.number, columnCount, block.start, row, out)
  }

  /// Multiplies activations by some panels: `out[token, output] = Σ activation · weight`.
  ///
  /// `out` starts at output 0 and has the row stride `stride`; with `adds`, products are added to
  /// it.
  package func product(
    panels: Range<Int>, of activations: Activations, adds: Bool,
    to out: UnsafeMutablePointer<Float>, stride: Int
  ) {
    var tokens = kernels_tokens(
      count: activations.count, values: activations.values, stride: activations.stride,
      bytes: activations.bytes)
    kernels_weights_product(
      path.number, format.number, rowCount, columnCount, block.start, panels.lowerBound,
      panels.upperBound, &tokens, adds ? 1 : 0, out, stride)
  }

  /// The activations of some tokens, as floats and rounded to bytes; a product reads one of them.
  package struct Activations {
    /// The number of tokens.
    package var count: Int
    /// The floats `[tokens, columns]`.
    package var values: UnsafePointer<Float>
    /// The row stride of the floats.
    package var stride: Int
    /// What `KernelPath.quantize` wrote for `count` tokens.
    package var bytes: UnsafeRawPointer

    /// Describes the activations of `count` tokens.
    package init(
      count: Int, values: UnsafePointer<Float>, stride: Int, bytes: UnsafeRawPointer
    ) {
      self.count = count
      self.values = values
      self.stride = stride
      self.bytes = bytes
    }
  }

  /// Safety of `@unchecked Sendable`: written once, before the value is shared.
  private final class Block: @unchecked Sendable {
    let start: UnsafeMutableRawPointer
    let byteCount: Int

    init(byteCount: Int) {
      self.byteCount = byteCount
      start = .allocate(byteCount: max(byteCount, 64), alignment: 64)
    }

    deinit { start.deallocate() }
  }
}
