import Tensors

/// The memory of one pass of a language model over up to `rowCountMax` tokens.
///
/// It grows to the largest pass and is used again. Confined to the thread that runs the model.
final class LlamaWorkspace {
  /// The tokens that pass through the layers together.
  static let rowCountMax = 128

  private(set) var states = AlignedFloats()
  private(set) var normed = AlignedFloats()
  private(set) var queries = AlignedFloats()
  private(set) var keys = AlignedFloats()
  private(set) var values = AlignedFloats()
  private(set) var parts = AlignedFloats()
  private(set) var context = AlignedFloats()
  private(set) var gate = AlignedFloats()
  private(set) var up = AlignedFloats()
  private(set) var cosines = AlignedFloats()
  private(set) var sines = AlignedFloats()
  /// The rounded inputs of all matrices but the one of `innerBytes`.
  private(set) var bytes = AlignedFloats()
  /// The rounded inner states, written while `bytes` is read.
  private(set) var innerBytes = AlignedFloats()

  /// Makes room for a pass of `rowCount` tokens with `partCount` pieces of attention.
  func reserve(_ sizes: LlamaConfiguration, rowCount: Int, partCount: Int) {
    let inner = sizes.headCount * sizes.headSize
    let keyValue = sizes.keyValueHeadCount * sizes.headSize
    states.reserve(rowCount * sizes.hiddenSize)
    normed.reserve(rowCount * sizes.hiddenSize)
    queries.reserve(rowCount * inner)
    keys.reserve(rowCount * keyValue)
    values.reserve(rowCount * keyValue)
    parts.reserve(
      partCount * sizes.headCount * KernelPath.attentionPartCount(headSize: sizes.headSize))
    context.reserve(rowCount * inner)
    gate.reserve(rowCount * sizes.intermediateSize)
    up.reserve(rowCount * sizes.intermediateSize)
    cosines.reserve(rowCount * sizes.rotaryCount / 2)
    sines.reserve(rowCount * sizes.rotaryCount / 2)
    let widest = max(sizes.hiddenSize, inner)
    func floatCount(ofBytes width: Int) -> Int {
      (KernelPath.activationByteCount(tokenCount: rowCount, columnCount: width) + 3) / 4
    }
    bytes.reserve(floatCount(ofBytes: widest))
    innerBytes.reserve(floatCount(ofBytes: sizes.intermediateSize))
  }
}
