/// How a loop over some items is cut into chunks: large ones first, small ones last.
///
/// Each chunk is a share `1 / (2 · threads)` of what is left, so that few chunks have to be claimed
/// and the last ones, for which the other threads wait, are short. Source: Polychronopoulos and
/// Kuck, "Guided Self-Scheduling", IEEE Transactions on Computers, 1987.
package struct LoopChunks: Sendable, Equatable {
  /// Where the chunks start, and the end of the last.
  private let bounds: [Int]

  /// Cuts `itemCount` items for `threadCount` threads into chunks of at most `chunkSizeMax` items.
  package init(itemCount: Int, threadCount: Int, chunkSizeMax: Int) {
    precondition(itemCount >= 0, "\(itemCount) items")
    precondition(threadCount >= 1, "\(threadCount) threads")
    precondition(chunkSizeMax >= 1, "chunks of at most \(chunkSizeMax) items")
    var bounds = [0]
    var left = itemCount
    while left > 0 {
      let share = (left + 2 * threadCount - 1) / (2 * threadCount)
      left -= min(share, chunkSizeMax)
      bounds.append(itemCount - left)
    }
    self.bounds = bounds
  }

  /// The number of chunks.
  package var count: Int { bounds.count - 1 }

  /// The items of a chunk.
  package subscript(index: Int) -> Range<Int> { bounds[index]..<bounds[index + 1] }
}

extension WorkerPool {
  /// Calls `body` once for each chunk, on all threads; returns when all have ended.
  package func forEach(_ chunks: LoopChunks, _ body: (Range<Int>) -> Void) {
    forEach(chunks.count) { body(chunks[$0]) }
  }
}
