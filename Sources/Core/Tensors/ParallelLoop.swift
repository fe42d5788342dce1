private import Dispatch
private import Synchronization

/// Runs `body` once for each index below `count`, on at most the suite's BLAS threads.
///
/// The calling thread takes part and blocks until all are done. Indices are taken in ascending
/// order, one at a time, so uneven pieces balance.
package func parallelFor(_ count: Int, _ body: @Sendable (Int) -> Void) {
  let threads = min(blasThreadCount(), count)
  guard threads > 1 else {
    for index in 0..<count { body(index) }
    return
  }
  let next = Atomic(0)
  DispatchQueue.concurrentPerform(iterations: threads) { _ in
    while true {
      let index = next.add(1, ordering: .relaxed).oldValue
      guard index < count else { return }
      body(index)
    }
  }
}
