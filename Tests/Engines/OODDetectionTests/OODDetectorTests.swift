import Methods
import Statistics
import Tensors
import Testing

@testable import OODDetection

@Suite struct OODDetectorTests {
  @Test func `features are checked before they are scored`() throws {
    let detector = try detectors()[2]
    let narrow = Matrix<Float>(rowCount: 1, columnCount: 2, elements: [1, 2])
    #expect(throws: FeatureError.dimensions(expected: 6, actual: 2)) {
      try detector.scores(narrow)
    }
    let bad = Matrix<Float>(rowCount: 1, columnCount: 6, elements: [1, 2, .nan, 4, 5, 6])
    #expect(throws: FeatureError.notFinite(row: 0, column: 2)) { try detector.scores(bad) }
    let none = Matrix<Float>(rowCount: 0, columnCount: 6, elements: [])
    for detector in try detectors() { #expect(try detector.scores(none).isEmpty) }
  }

  @Test func `features at the limit give finite scores with every method`() throws {
    let elements = [1e9, -1e9, 1e9, 1e9, 1e9, -1e9].map { Float($0) }
    let extreme = Matrix<Float>(rowCount: 1, columnCount: 6, elements: elements)
    for detector in try detectors() {
      #expect(try detector.scores(extreme).allSatisfy(\.isFinite), "\(detector.card.id)")
    }
  }

  @Test func `a calibrated detector flags about the promised share`() throws {
    let fixture = try Fixture.load()
    let detector = try detectors()[5]
    let held = try detector.scores(fixture.matrix(fixture.heldOut))
    let calibrated = try detector.calibrated(onScores: held, falseAlarmRate: 0.2)
    let calibration = try #require(calibrated.calibration)
    #expect(calibration.threshold.rank == 21)
    #expect(held.count { Double($0) > calibration.threshold.value } == 4)
    #expect(calibration.pValues(Double.infinity) == 1 / 26.0)
    #expect(throws: ConformalThreshold.Failure.tooFewScores(count: 25, required: 99)) {
      try detector.calibrated(onScores: held, falseAlarmRate: 0.01)
    }
  }

  @Test func `remarks name what is odd about the data`() throws {
    let detector = try detectors()[3]
    #expect(
      detector.remarks == [
        "1 of 6 dimensions are constant", "the covariance has rank 5 of 6",
      ])
  }
}
