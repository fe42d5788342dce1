import Testing

@testable import Pipelines

@Suite struct PrecisionMeasureTests {
  /// Half of the questions are easy; the easy ones are kept.
  private func rows(_ count: Int) -> [PrecisionMeasure.Row] {
    (0..<count).map { index in
      let isEasy = index % 2 == 0
      return .init(
        answerCount: 8, rightCount: isEasy ? 7 : 1, isBestRight: isEasy ? index % 10 != 0 : false,
        isKept: isEasy)
    }
  }

  @Test func `shares are those of the rows, and lie in their intervals`() throws {
    let precision = try #require(PrecisionMeasure(rows: rows(200), seed: 1).precision)
    #expect(precision.sampled.value == 0.5)
    #expect(precision.selected.value == 0.4)
    #expect(precision.kept?.value == 0.8)
    #expect(precision.keptCount == 100 && precision.keptRightCount == 80)
    let gain = try #require(precision.gain)
    #expect(abs(gain.value - 0.3) < 1e-12)
    for estimate in [precision.sampled, precision.selected, gain] {
      #expect(estimate.lower < estimate.value && estimate.value < estimate.upper)
    }
    // The standard error of 80 of 100 is 0.04.
    let width = (precision.kept?.upper ?? 0) - (precision.kept?.lower ?? 0)
    #expect(width > 0.12 && width < 0.2, "\(width)")
  }

  @Test func `the same seed gives the same interval`() {
    let first = PrecisionMeasure(rows: rows(50), seed: 7).precision
    #expect(first == PrecisionMeasure(rows: rows(50), seed: 7).precision)
    #expect(first != PrecisionMeasure(rows: rows(50), seed: 8).precision)
  }

  @Test func `what is not there has no share`() throws {
    #expect(PrecisionMeasure(rows: [], seed: 0).precision == nil)
    var none = rows(20)
    for index in none.indices { none[index].isKept = false }
    let precision = try #require(PrecisionMeasure(rows: none, seed: 0).precision)
    #expect(precision.kept == nil && precision.gain == nil && precision.keptCount == 0)
  }
}
