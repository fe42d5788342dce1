internal import Transformers

/// The sequences of a model's cache: those that grow, with the room that each may still need, and
/// those that are kept because a later prompt may begin like them.
///
/// A lease promises that its sequence can grow to its limit. Kept sequences are dropped, the least
/// recently used first, where a new lease needs their pages.
struct SequencePool {
  private struct Lease {
    var positionCountMax: Int
  }

  private struct Kept {
    var sequence: SequenceID
    var tokens: [Int32]
  }

  private let model: any LanguageModel
  private let keptCountMax: Int
  private var leases: [SequenceID: Lease] = [:]
  /// The least recently used first.
  private var kept: [Kept] = []

  init(_ model: any LanguageModel, keptCountMax: Int) {
    self.model = model
    self.keptCountMax = keptCountMax
  }

  /// The number of sequences that may grow.
  var leaseCount: Int { leases.count }

  /// The number of pages that `positionCount` positions take.
  func pageCount(_ positionCount: Int) -> Int {
    (positionCount + model.positionsPerPage - 1) / model.positionsPerPage
  }

  /// A sequence for `prompt` that may grow to `positionCountMax`, and how many of the prompt's
  /// first tokens it holds already, the last never; nil where there is no room now.
  ///
  /// What it holds comes from a kept sequence, or from one of `running` with its tokens.
  mutating func open(
    prompt: [Int32], positionCountMax: Int, running: [(SequenceID, [Int32])]
  ) -> (sequence: SequenceID, cachedCount: Int)? {
    let found = longestPrefix(of: prompt, running: running)
    // The fork comes first, so that dropping kept sequences to make room cannot drop this one.
    let sequence = found.map { model.fork($0.sequence) } ?? model.makeSequence()
    let cachedCount = found?.count ?? 0
    model.truncate(sequence, to: cachedCount)
    guard lease(sequence, positionCountMax: positionCountMax) else {
      model.remove(sequence)
      return nil
    }
    return (sequence, cachedCount)
  }

  /// A sequence with the first `positionCount` positions of another, which may grow; nil where
  /// there is no room now.
  mutating func fork(
    _ origin: SequenceID, positionCount: Int, positionCountMax: Int
  ) -> SequenceID? {
    let sequence = model.fork(origin)
    model.truncate(sequence, to: positionCount)
    guard lease(sequence, positionCountMax: positionCountMax) else {
      model.remove(sequence)
      return nil
    }
    return sequence
  }

  /// Ends a lease; with `tokens`, which the sequence begins with, it is kept.
  mutating func close(_ sequence: SequenceID, keeping tokens: [Int32]? = nil) {
    precondition(leases.removeValue(forKey: sequence) != nil, "\(sequence) has no lease")
    guard let tokens, keptCountMax > 0 else { return model.remove(sequence) }
    let known = tokens.prefix(model.positionCount(of: sequence))
    guard !known.isEmpty, !kept.contains(where: { $0.tokens.starts(with: known) }) else {
      return model.remove(sequence)
    }
    // A kept sequence that this one begins with has nothing of its own.
    kept.removeAll { old in
      guard known.starts(with: old.tokens) else { return false }
      model.remove(old.sequence)
      return true
    }
    kept.append(Kept(sequence: sequence, tokens: Array(known)))
    while kept.count > keptCountMax { dropOldest() }
  }

  /// Drops every kept sequence.
  mutating func dropKept() { while !kept.isEmpty { dropOldest() } }

  private mutating func dropOldest() { model.remove(kept.removeFirst().sequence) }

  private mutating func lease(_ sequence: SequenceID, positionCountMax: Int) -> Bool {
    leases[sequence] = Lease(positionCountMax: positionCountMax)
    // One more page each, for the copy of a page that is shared and not full.
    var promised = 0
    for (leased, lease) in leases {
      let held = pageCount(model.positionCount(of: leased))
      promised += pageCount(lease.positionCountMax) - held + 1
    }
    let needed = promised * model.positionsPerPage
    while model.freePositionCount < needed, !kept.isEmpty { dropOldest() }
    if model.freePositionCount >= needed { return true }
    leases[sequence] = nil
    return false
  }

  private mutating func longestPrefix(
    of prompt: [Int32], running: [(SequenceID, [Int32])]
  ) -> (sequence: SequenceID, count: Int)? {
    var best: (sequence: SequenceID, count: Int)?
    var bestKept: Int?
    for (index, candidate) in kept.enumerated() {
      let count = commonPrefixCount(candidate.tokens, prompt)
      if count > best?.count ?? 0 { (best, bestKept) = ((candidate.sequence, count), index) }
    }
    for (sequence, tokens) in running {
      let count = min(commonPrefixCount(tokens, prompt), model.positionCount(of: sequence))
      if count > best?.count ?? 0 { (best, bestKept) = ((sequence, count), nil) }
    }
    guard let found = best else { return nil }
    if let bestKept { kept.append(kept.remove(at: bestKept)) }
    // The last token is read again for its logits.
    let count = min(found.count, prompt.count - 1)
    return count > 0 ? (found.sequence, count) : nil
  }
}

/// The number of first tokens that two lists share.
private func commonPrefixCount(_ a: [Int32], _ b: [Int32]) -> Int {
  var count = 0
  while count < min(a.count, b.count), a[count] == b[count] { count += 1 }
  return count
}
