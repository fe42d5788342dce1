import Scheduling
import TestSupport
import Testing

@Suite struct TokenBudgetBatcherTests {
  private typealias Batcher = TokenBudgetBatcher<Int>

  private func batcher(
    batch: Int = 100, queueTokens: Int = 1_000_000, queueItems: Int = 10_000
  ) -> Batcher {
    Batcher(
      limits: .init(
        batchTokensMax: batch, queueTokensMax: queueTokens, queueItemsMax: queueItems))
  }

  @Test func `an idle batcher gives an empty batch`() {
    var batcher = batcher()
    #expect(batcher.nextBatch().isEmpty)
  }

  @Test func `one caller fills batches in order`() throws {
    var batcher = batcher()
    try batcher.submit(caller: 1, [40, 40, 40, 40, 40].enumerated().map { ($1, $0) })
    #expect(batcher.nextBatch().map(\.payload) == [0, 1])
    #expect(batcher.nextBatch().map(\.payload) == [2, 3])
    #expect(batcher.nextBatch().map(\.payload) == [4])
    #expect(batcher.queueTokens == 0 && batcher.queueItems == 0)
  }

  @Test func `a short text beside a flood is in the next batch`() throws {
    var batcher = batcher()
    try batcher.submit(caller: 1, Array(repeating: (50, 0), count: 1000))
    _ = batcher.nextBatch()
    try batcher.submit(caller: 2, [(10, 7)])
    let batch = batcher.nextBatch() + batcher.nextBatch()
    #expect(batch.contains { $0.caller == 2 && $0.payload == 7 })
  }

  @Test func `a sequence over the budget is a batch of its own`() throws {
    var batcher = batcher()
    try batcher.submit(caller: 1, [(500, 0), (1, 1)])
    #expect(batcher.nextBatch().map(\.payload) == [0])
    #expect(batcher.nextBatch().map(\.payload) == [1])
  }

  @Test func `beyond a limit nothing of the call is taken`() throws {
    var batcher = batcher(queueTokens: 10, queueItems: 3)
    try batcher.submit(caller: 1, [(5, 0)])
    #expect(throws: Batcher.Refusal.queueTokens(11, limit: 10)) {
      try batcher.submit(caller: 2, [(1, 0), (5, 1)])
    }
    #expect(throws: Batcher.Refusal.queueItems(4, limit: 3)) {
      try batcher.submit(caller: 2, [(1, 0), (1, 1), (1, 2)])
    }
    #expect(batcher.queueTokens == 5 && batcher.queueItems == 1)
    try batcher.submit(caller: 2, [(5, 0), (0, 1)])
  }

  @Test func `what a caller withdraws is in no batch`() throws {
    var batcher = batcher()
    try batcher.submit(caller: 1, [(5, 0), (6, 1)])
    try batcher.submit(caller: 2, [(7, 2)])
    #expect(batcher.withdraw(caller: 1).map(\.payload) == [0, 1])
    #expect(batcher.withdraw(caller: 9).isEmpty)
    #expect(batcher.nextBatch().map(\.payload) == [2])
    #expect(batcher.queueTokens == 0 && batcher.queueItems == 0)
  }

  @Test(arguments: 0..<50 as Range<UInt64>)
  func `random operations keep order, budget and every sequence`(seed: UInt64) throws {
    var generator = SplitMix64(seed: seed)
    var batcher = batcher(batch: 64)
    var waiting: [UInt64: [Int]] = [:]
    var tokens: [Int: Int] = [:]
    var next = 0
    for _ in 0..<300 {
      switch UInt64.random(in: 0..<5, using: &generator) {
      case 0, 1:
        let caller = UInt64.random(in: 0..<4, using: &generator)
        let sequences = (0..<Int.random(in: 0..<6, using: &generator)).map { _ in
          next += 1
          tokens[next] = Int.random(in: 0...80, using: &generator)
          return (tokenCount: tokens[next] ?? 0, payload: next)
        }
        try batcher.submit(caller: caller, sequences)
        waiting[caller, default: []] += sequences.map(\.payload)
      case 2 where seed.isMultiple(of: 2):
        let caller = UInt64.random(in: 0..<4, using: &generator)
        #expect(batcher.withdraw(caller: caller).map(\.payload) == waiting[caller] ?? [])
        waiting[caller] = []
      default:
        let batch = batcher.nextBatch()
        let sum = batch.reduce(0) { $0 + $1.tokenCount }
        #expect(sum <= 64 || batch.count == 1, "seed \(seed)")
        #expect(batch.isEmpty == waiting.values.allSatisfy(\.isEmpty), "seed \(seed)")
        for item in batch {
          #expect(waiting[item.caller]?.first == item.payload, "seed \(seed)")
          waiting[item.caller]?.removeFirst()
        }
      }
      let left = waiting.values.joined()
      #expect(batcher.queueItems == left.count, "seed \(seed)")
      #expect(batcher.queueTokens == left.reduce(0) { $0 + (tokens[$1] ?? 0) }, "seed \(seed)")
    }
  }

  @Test func `callers with equal needs get equal shares`() throws {
    var batcher = batcher(batch: 90)
    for caller: UInt64 in 1...3 {
      try batcher.submit(caller: caller, Array(repeating: (10, 0), count: 300))
    }
    var shares: [UInt64: Int] = [:]
    for _ in 0..<50 {
      for item in batcher.nextBatch() { shares[item.caller, default: 0] += item.tokenCount }
    }
    #expect(shares.values.allSatisfy { abs($0 - 1500) <= 90 }, "\(shares)")
  }
}
