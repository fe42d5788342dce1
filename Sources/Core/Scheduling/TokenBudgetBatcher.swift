private import DequeModule

/// Forms batches of at most so many tokens from the sequences of several callers, fairly.
///
/// A pure state machine. A batch is formed whenever a thread is free to run one, so there is no
/// waiting for company and no timer. Sequences are packed, not padded, so a batch may mix lengths:
/// only the sum of tokens counts, and it stays within the size at which activations fit the cache.
///
/// Fairness is deficit round robin (Shreedhar and Varghese, "Efficient Fair Queueing Using Deficit
/// Round Robin", SIGCOMM 1995): every caller with waiting sequences gets a quantum of tokens per
/// round, and its own sequences keep their order. A caller with one short text beside a caller with
/// a million gets into the next batch. Cost: constant per sequence, and per batch the number of
/// callers that wait.
package struct TokenBudgetBatcher<Payload: Sendable>: Sendable {
  /// A sequence that waits for its turn.
  package struct Item: Sendable {
    /// Whose sequence it is.
    package let caller: UInt64
    /// The number of its tokens.
    package let tokenCount: Int
    /// What the caller needs to find it again.
    package let payload: Payload
  }

  /// The bounds of batches and of what waits.
  package struct Limits: Sendable, Equatable {
    /// The tokens of a batch; a single longer sequence is a batch of its own.
    package var batchTokensMax: Int
    /// The tokens that may wait, all callers together.
    package var queueTokensMax: Int
    /// The sequences that may wait, all callers together.
    package var queueItemsMax: Int

    /// Creates the bounds; all are at least one.
    package init(batchTokensMax: Int, queueTokensMax: Int, queueItemsMax: Int) {
      precondition(
        batchTokensMax >= 1 && queueTokensMax >= 1 && queueItemsMax >= 1,
        "limits \(batchTokensMax), \(queueTokensMax), \(queueItemsMax)")
      self.batchTokensMax = batchTokensMax
      self.queueTokensMax = queueTokensMax
      self.queueItemsMax = queueItemsMax
    }
  }

  /// Why sequences were not taken; none of the call's sequences was.
  package enum Refusal: Error, Equatable {
    /// So many tokens would wait.
    case queueTokens(Int, limit: Int)
    /// So many sequences would wait.
    case queueItems(Int, limit: Int)
  }

  private struct Line: Sendable {
    var items: Deque<Item> = []
    var deficit = 0
  }

  /// The bounds in force.
  package let limits: Limits
  /// The tokens that wait.
  package private(set) var queueTokens = 0
  /// The sequences that wait.
  package private(set) var queueItems = 0
  private var lines: [UInt64: Line] = [:]
  // Callers with waiting sequences, in the order of their turns.
  private var rotation: Deque<UInt64> = []

  /// Creates a batcher with nothing waiting.
  package init(limits: Limits) { self.limits = limits }

  /// Puts the sequences of `caller` in line, all of them or none.
  package mutating func submit(
    caller: UInt64, _ sequences: [(tokenCount: Int, payload: Payload)]
  ) throws(Refusal) {
    guard !sequences.isEmpty else { return }
    let tokens = queueTokens + sequences.reduce(0) { $0 + $1.tokenCount }
    let items = queueItems + sequences.count
    guard tokens <= limits.queueTokensMax else {
      throw .queueTokens(tokens, limit: limits.queueTokensMax)
    }
    guard items <= limits.queueItemsMax else {
      throw .queueItems(items, limit: limits.queueItemsMax)
    }
    queueTokens = tokens
    queueItems = items
    if lines[caller] == nil { rotation.append(caller) }
    for sequence in sequences {
      lines[caller, default: Line()].items.append(
        Item(caller: caller, tokenCount: sequence.tokenCount, payload: sequence.payload))
    }
  }

  /// The next batch, or an empty one when nothing waits.
  package mutating func nextBatch() -> [Item] {
    var batch: [Item] = []
    var tokens = 0
    let quantum = max(1, limits.batchTokensMax / max(1, rotation.count))
    while let caller = rotation.popFirst(), var line = lines.removeValue(forKey: caller) {
      line.deficit += quantum
      var isFull = false
      while let item = line.items.first, item.tokenCount <= line.deficit || batch.isEmpty {
        guard batch.isEmpty || tokens + item.tokenCount <= limits.batchTokensMax else {
          isFull = true
          break
        }
        line.items.removeFirst()
        line.deficit = max(0, line.deficit - item.tokenCount)
        tokens += item.tokenCount
        batch.append(item)
      }
      guard !line.items.isEmpty else { continue }
      // Who was stopped by the end of the batch goes on in the next one; others wait their turn.
      if isFull { line.deficit = max(0, line.deficit - quantum) }
      lines[caller] = line
      if isFull {
        rotation.prepend(caller)
        break
      }
      rotation.append(caller)
    }
    queueTokens -= tokens
    queueItems -= batch.count
    return batch
  }

  /// Takes what waits of `caller` out of line, for example because it went away.
  package mutating func withdraw(caller: UInt64) -> [Item] {
    guard let line = lines.removeValue(forKey: caller) else { return [] }
    rotation.removeAll { $0 == caller }
    queueTokens -= line.items.reduce(0) { $0 + $1.tokenCount }
    queueItems -= line.items.count
    return Array(line.items)
  }
}
