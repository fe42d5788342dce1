import Synchronization
import Testing

@testable import Tensors

@Suite struct WorkerPoolTests {
  @Test(arguments: [1, 2, 3, 5])
  func `each index is visited once in every one of many loops`(threadCount: Int) {
    let pool = WorkerPool(name: "test", threadCount: threadCount)
    for count in 0..<400 {
      let visits = (0..<count).map { _ in Counter() }
      pool.forEach(count) { visits[$0].value.add(1, ordering: .relaxed) }
      #expect(visits.allSatisfy { $0.value.load(ordering: .relaxed) == 1 }, "\(count) indices")
    }
  }

  @Test func `what the threads wrote is there when the loop returns`() {
    let pool = WorkerPool(name: "test", threadCount: 4)
    var values = [Int](repeating: 0, count: 64)
    values.withUnsafeMutableBufferPointer { values in
      for round in 1...2_000 {
        pool.forEach(values.count) { values[$0] += $0 * round }
        guard values[63] == 63 * round * (round + 1) / 2 else { break }
      }
    }
    #expect(values == (0..<64).map { $0 * 2_000 * 2_001 / 2 })
  }

  @Test func `threads that sleep come back`() {
    let pool = WorkerPool(name: "test", threadCount: 3)
    let arrived = Counter()
    for _ in 0..<3 {
      let start = ContinuousClock.now
      // Longer than the threads look for work.
      while ContinuousClock.now - start < .nanoseconds(Int64(10 * WorkerPool.spinNanoseconds)) {}
      // Each index waits until all have begun, so all three threads must take one.
      let begun = Counter()
      pool.forEach(3) { _ in
        begun.value.add(1, ordering: .relaxed)
        while begun.value.load(ordering: .relaxed) < 3 {}
        arrived.value.add(1, ordering: .relaxed)
      }
    }
    #expect(arrived.value.load(ordering: .relaxed) == 9)
  }

  @Test func `pools end with their last reference while their threads look or sleep`() {
    for index in 0..<50 {
      let pool = WorkerPool(name: "test", threadCount: 1 + index % 4)
      let total = Counter()
      pool.forEach(10) { total.value.add($0, ordering: .relaxed) }
      #expect(total.value.load(ordering: .relaxed) == 45)
    }
  }

  private final class Counter: Sendable {
    let value = Atomic(0)
  }
}
