import Tensors
import Testing

@testable import Statistics

@Suite struct CalibrationTests {
  struct Golden: Decodable {
    let logits: [Double]
    let classCount: Int
    let labels: [Int]
    let logSumExp: [Double]
    let softmaxAtTemperature2: [Double]
    let expectedCalibrationError: Double
    let brier: Double
    let negativeLogLikelihood: Double

    var matrix: Matrix<Double> {
      Matrix(rowCount: labels.count, columnCount: classCount, elements: logits)
    }
  }

  static func expectClose(_ left: [Double], _ right: [Double], _ tolerance: Double) {
    #expect(left.count == right.count)
    for (left, right) in zip(left, right) { #expect(abs(left - right) <= tolerance) }
  }

  @Test func `softmax and logsumexp equal SciPy's`() throws {
    let golden = try golden("calibration", as: Golden.self)
    Self.expectClose(logSumExp(ofRows: golden.matrix), golden.logSumExp, 1e-13)
    Self.expectClose(
      softmax(ofRows: golden.matrix, temperature: 2).elements, golden.softmaxAtTemperature2, 1e-14)
    let single = Matrix<Float>(
      rowCount: golden.labels.count, columnCount: golden.classCount,
      elements: golden.logits.map(Float.init))
    Self.expectClose(
      softmax(ofRows: single, temperature: 2).elements.map(Double.init),
      golden.softmaxAtTemperature2, 1e-6)
    Self.expectClose(logSumExp(ofRows: single).map(Double.init), golden.logSumExp, 2e-6)
  }

  @Test func `calibration error, Brier score and likelihood equal the reference`() throws {
    let golden = try golden("calibration", as: Golden.self)
    let probabilities = softmax(ofRows: golden.matrix)
    var confidences: [Double] = []
    var isCorrect: [Bool] = []
    for (row, label) in golden.labels.enumerated() {
      let values = probabilities.row(row)
      let confidence = try #require(values.max())
      confidences.append(confidence)
      isCorrect.append(values[label] == confidence)
    }
    let error = expectedCalibrationError(confidences: confidences, isCorrect: isCorrect)
    #expect(abs(error - golden.expectedCalibrationError) < 1e-12)
    let brier = brierScore(probabilities: probabilities, labels: golden.labels)
    #expect(abs(brier - golden.brier) < 1e-12)
    let fromLogits = negativeLogLikelihood(logits: golden.matrix, labels: golden.labels)
    #expect(abs(fromLogits - golden.negativeLogLikelihood) < 1e-12)
    let direct = negativeLogLikelihood(probabilities: probabilities, labels: golden.labels)
    #expect(abs(direct - golden.negativeLogLikelihood) < 1e-12)
  }

  @Test func `huge logits neither overflow nor vanish`() {
    let logits = Matrix<Float>(rowCount: 2, columnCount: 2, elements: [3e38, 3e38, -3e38, -3e38])
    #expect(softmax(ofRows: logits).elements == [0.5, 0.5, 0.5, 0.5])
    let steep = Matrix<Double>(rowCount: 1, columnCount: 2, elements: [0, 2000])
    #expect(negativeLogLikelihood(logits: steep, labels: [0]) == 2000)
  }

  @Test func `rows of one infinity have a meaning`() {
    let low = Matrix<Double>(rowCount: 1, columnCount: 2, elements: [-.infinity, -.infinity])
    #expect(logSumExp(ofRows: low) == [-.infinity])
    #expect(logSumExp(of: [.infinity, 0]) == .infinity)
    #expect(logSumExp(of: [.nan, 0]).isNaN)
    #expect(logSumExp(of: []) == -.infinity)
  }

  @Test func `edges of bins belong to the lower bin, and zero to the first`() {
    let bins = reliabilityBins(
      confidences: [0, 0.2, 0.2000001, 1], isCorrect: [false, true, true, true], binCount: 5)
    #expect(bins.map(\.count) == [2, 1, 0, 0, 1])
    #expect(bins[0].accuracy == 0.5)
    #expect(bins[4].upperEdge == 1)
  }

  @Test func `no prediction gives no error`() {
    #expect(expectedCalibrationError(confidences: [], isCorrect: []) == 0)
    #expect(
      brierScore(probabilities: Matrix(rowCount: 0, columnCount: 3, elements: []), labels: []) == 0)
  }
}
