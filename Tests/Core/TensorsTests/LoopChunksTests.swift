import Testing

@testable import Tensors

@Suite struct LoopChunksTests {
  @Test(arguments: [1, 2, 3, 8], [1, 2, 32])
  func `chunks cover all items in order, the later the shorter`(threadCount: Int, sizeMax: Int) {
    for itemCount in 0...300 {
      let chunks = LoopChunks(
        itemCount: itemCount, threadCount: threadCount, chunkSizeMax: sizeMax)
      let ranges = (0..<chunks.count).map { chunks[$0] }
      #expect(ranges.flatMap(Array.init) == Array(0..<itemCount), "\(itemCount) items")
      #expect(ranges.allSatisfy { 1...sizeMax ~= $0.count }, "\(itemCount) items")
      #expect(
        zip(ranges, ranges.dropFirst()).allSatisfy { $0.count >= $1.count }, "\(itemCount) items")
    }
  }

  @Test func `two threads take a quarter of what is left, and end with single items`() {
    let chunks = LoopChunks(itemCount: 36, threadCount: 2, chunkSizeMax: 32)
    #expect((0..<chunks.count).map { chunks[$0].count } == [9, 7, 5, 4, 3, 2, 2, 1, 1, 1, 1])
  }

  @Test func `a loop over chunks visits each item once`() {
    let pool = WorkerPool(name: "test", threadCount: 3)
    for itemCount in [0, 1, 36, 3_072] {
      let chunks = LoopChunks(itemCount: itemCount, threadCount: 3, chunkSizeMax: 32)
      var visits = [Int](repeating: 0, count: itemCount)
      visits.withUnsafeMutableBufferPointer { visits in
        pool.forEach(chunks) { range in for index in range { visits[index] += 1 } }
      }
      #expect(visits == [Int](repeating: 1, count: itemCount))
    }
  }
}
