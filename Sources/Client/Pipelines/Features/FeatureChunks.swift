/// How rows of features are cut into messages.
enum FeatureChunks {
  /// The most bytes of features in a message.
  static let bytesMax = 1 << 20
  /// The most rows of a message.
  static let rowCountMax = 1024
  /// The chunks on their way in a stream of questions and answers.
  static let windowCount = 4

  /// Ranges of rows, each small enough for a message.
  static func ranges(rowCount: Int, dimensions: Int) -> [Range<Int>] {
    let size = max(1, min(rowCountMax, bytesMax / max(1, dimensions * 4)))
    return stride(from: 0, to: rowCount, by: size).map { $0..<min(rowCount, $0 + size) }
  }
}
