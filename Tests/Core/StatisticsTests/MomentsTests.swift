import Tensors
import Testing

@testable import Statistics

@Suite struct MomentsTests {
  struct Golden: Decodable {
    let samples: [Float]
    let dimensions: Int
    let labels: [Int]
    let means: [Double]
    let tiedCovariance: [Double]
    let covariance: [Double]
    let otsuValues: [Double]
    let otsu: Double

    var matrix: Matrix<Float> {
      Matrix(rowCount: labels.count, columnCount: dimensions, elements: samples)
    }
  }

  @Test func `class means and covariances equal NumPy's`() throws {
    let golden = try golden("moments", as: Golden.self)
    let means = classMeans(of: golden.matrix, labels: golden.labels, classCount: 3).means
    CalibrationTests.expectClose(means.elements, golden.means, 1e-13)
    let tied = tiedCovariance(of: golden.matrix, labels: golden.labels, means: means)
    CalibrationTests.expectClose(tied.elements, golden.tiedCovariance, 1e-13)
    let zeros = [Int](repeating: 0, count: golden.labels.count)
    let centre = Matrix(rowCount: 1, columnCount: 4, elements: mean(ofRows: golden.matrix))
    let covariance = tiedCovariance(of: golden.matrix, labels: zeros, means: centre)
    CalibrationTests.expectClose(covariance.elements, golden.covariance, 1e-13)
  }

  @Test func `a class without a row has count zero and mean zero`() {
    let samples = Matrix<Float>(rowCount: 2, columnCount: 1, elements: [4, 8])
    let (means, counts) = classMeans(of: samples, labels: [2, 2], classCount: 3)
    #expect(means.elements == [0, 0, 6])
    #expect(counts == [0, 0, 2])
  }

  @Test func `a large common offset costs no digits`() {
    let samples = Matrix<Float>(rowCount: 2, columnCount: 1, elements: [1_000_001, 1_000_003])
    let means = classMeans(of: samples, labels: [0, 0], classCount: 1).means
    #expect(tiedCovariance(of: samples, labels: [0, 0], means: means).elements == [1])
  }

  @Test func `rows beyond one block are counted once each`() {
    let count = 10_000
    let samples = Matrix<Float>(rowCount: count, columnCount: 1) { target in
      for row in 0..<count { target[row] = row % 2 == 0 ? 1 : -1 }
    }
    let zeros = [Int](repeating: 0, count: count)
    let means = classMeans(of: samples, labels: zeros, classCount: 1).means
    #expect(means.elements == [0])
    #expect(abs(tiedCovariance(of: samples, labels: zeros, means: means)[0, 0] - 1) < 1e-12)
  }

  @Test func `Otsu's threshold is the best of all splits`() throws {
    let golden = try golden("moments", as: Golden.self)
    let threshold = try #require(otsuThreshold(golden.otsuValues))
    #expect(abs(threshold - golden.otsu) < 1e-12)
    let shifted = try #require(otsuThreshold(golden.otsuValues.map { $0 + 4096 }))
    #expect(abs(shifted - 4096 - golden.otsu) < 1e-9)
  }

  @Test func `values without two groups have no threshold`() {
    #expect(otsuThreshold([]) == nil)
    #expect(otsuThreshold([3]) == nil)
    #expect(otsuThreshold([3, 3, 3]) == nil)
    #expect(otsuThreshold([1, 3]) == 2)
  }

  @Test func `standardised values have mean zero and deviation one`() {
    let scale = Standardization(of: [1, 3])
    #expect(scale(1) == -1)
    #expect(scale(3) == 1)
    #expect(Standardization(of: [5, 5])(5) == 0)
    #expect(Standardization(of: [])(2) == 2)
  }
}
