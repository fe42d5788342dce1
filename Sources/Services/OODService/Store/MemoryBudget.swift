private import Synchronization

/// A bound on the memory that features in flight and loaded detectors take together.
package final class MemoryBudget: Sendable {
  /// The most bytes that may be reserved at once.
  package let bytesMax: Int
  private let used = Mutex(0)

  /// Creates a budget of `bytesMax` bytes.
  package init(bytesMax: Int) {
    precondition(bytesMax >= 0, "a budget of \(bytesMax) bytes")
    self.bytesMax = bytesMax
  }

  /// The bytes that are reserved now.
  package var usedBytes: Int { used.withLock { $0 } }

  /// A part of the budget, given back when the value ends.
  package final class Reservation: Sendable {
    private let budget: MemoryBudget
    private let held: Mutex<Int>

    fileprivate init(_ budget: MemoryBudget, bytes: Int) {
      self.budget = budget
      held = Mutex(bytes)
    }

    deinit {
      let bytes = held.withLock { $0 }
      budget.used.withLock { $0 -= bytes }
    }

    /// Reserves more, or says why it cannot.
    package func grow(by bytes: Int, for purpose: String) throws(OODServiceError) {
      try budget.take(bytes, for: purpose)
      held.withLock { $0 += bytes }
    }
  }

  /// Reserves `bytes`, or says why it cannot.
  package func reserve(_ bytes: Int, for purpose: String) throws(OODServiceError) -> Reservation {
    try take(bytes, for: purpose)
    return Reservation(self, bytes: bytes)
  }

  private func take(_ bytes: Int, for purpose: String) throws(OODServiceError) {
    let before = used.withLock { used -> Int? in
      guard bytes <= bytesMax - used else { return used }
      used += bytes
      return nil
    }
    if let before {
      throw .outOfMemory(purpose: purpose, bytes: bytes, usedBytes: before, bytesMax: bytesMax)
    }
  }
}
