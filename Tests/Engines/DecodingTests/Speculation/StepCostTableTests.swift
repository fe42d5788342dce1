import Testing

@testable import Decoding

@Suite struct StepCostTableTests {
  private static func table(_ entries: [(Int, Double)]) -> StepCostTable {
    StepCostTable(entries.map { StepCostTable.Entry(tokenCount: $0.0, seconds: $0.1) })
  }

  @Test func `times lie on straight lines between and beyond the measured ones`() {
    let table = Self.table([(4, 2), (1, 1), (8, 6)])
    #expect([1, 2, 4, 6, 8, 10].map { table.seconds(tokenCount: $0) } == [1, 4.0 / 3, 2, 4, 6, 8])
    #expect(StepCostTable.unknown.seconds(tokenCount: 7) == 7)
  }

  @Test func `a time below that of fewer tokens is raised to it`() {
    let table = Self.table([(1, 2), (2, 1.5), (4, 3)])
    #expect(table.seconds(tokenCount: 2) == 2)
    #expect(table.entries.map(\.seconds) == [2, 2, 3])
  }

  @Test func `tokens beyond the measured runs are not free where the last two took as long`() {
    let table = Self.table([(1, 1), (24, 9), (32, 9)])
    #expect(table.seconds(tokenCount: 63) == 9 + 31 * 8.0 / 31)
  }

  @Test func `measuring takes the fastest of like runs and leaves the model as it was`() throws {
    let model = HashModel()
    let free = model.freePositionCount
    var time = 0.0
    var seen = 16
    var last = 0
    var disturbances = [3.0, 0, 1, 0, 0, 5]
    // The second of two readings adds the run's time, three times as much where the run before had
    // another number of tokens, and sometimes a disturbance.
    let table = try StepCostTable.measured(
      model, tokenCounts: [1, 2, 4], contextTokenCount: 16
    ) {
      let count = model.tokenCount - seen
      guard count > 0 else { return time }
      time += Double(1 + count) * (count == last ? 1 : 3) + (disturbances.popLast() ?? 0)
      (seen, last) = (model.tokenCount, count)
      return time
    }
    #expect(table.entries.map(\.tokenCount) == [1, 2, 4])
    #expect(table.entries.map(\.seconds) == [2, 3, 5])
    #expect(model.freePositionCount == free)
    #expect(model.sequenceCount == 0)
  }
}
