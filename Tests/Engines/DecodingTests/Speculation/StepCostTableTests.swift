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

  @Test func `measuring takes the fastest run and leaves the model as it was`() throws {
    let model = HashModel()
    let free = model.freePositionCount
    var time = 0.0
    var runs = 0
    // The clock is read twice a run: the second reading adds the run's time.
    let table = try StepCostTable.measured(
      model, tokenCounts: [1, 2, 4], contextTokenCount: 16, repetitionCount: 2
    ) {
      runs += 1
      if runs.isMultiple(of: 2) { time += Double(runs > 6 ? 1 : 2) * Double(1 + runs % 6) }
      return time
    }
    #expect(table.entries.map(\.tokenCount) == [1, 2, 4])
    #expect(table.entries.map(\.seconds) == [3, 5, 5])
    #expect(model.freePositionCount == free)
    #expect(model.sequenceCount == 0)
  }
}
