import Tensors
import Testing

@testable import OODDetection

@Suite struct ReferenceSetTests {
  static let rows = Matrix<Float>(rowCount: 2, columnCount: 2, elements: [1, 2, 3, 4])

  @Test func `labels of any numbers become indices of ascending classes`() throws {
    let reference = try ReferenceSet(features: Self.rows, labels: [1_000_000_007, -5])
    #expect(reference.classes == [-5, 1_000_000_007])
    #expect(reference.labels == [1, 0])
  }

  @Test func `an element that is not finite is named by row and column`() {
    for value in [Float.nan, .infinity, -.infinity] {
      let bad = Matrix<Float>(rowCount: 2, columnCount: 2, elements: [1, 2, 3, value])
      #expect(throws: FitError.features(.fit, .notFinite(row: 1, column: 1))) {
        try ReferenceSet(features: bad)
      }
      #expect(throws: FitError.features(.heldOut, .notFinite(row: 1, column: 1))) {
        try ReferenceSet(features: Self.rows, heldOut: bad)
      }
    }
  }

  @Test func `an element above the limit is named, one at the limit is not`() throws {
    let atLimit = Matrix<Float>(rowCount: 1, columnCount: 2, elements: [1e9, -1e9])
    _ = try ReferenceSet(features: atLimit)
    let above = Matrix<Float>(rowCount: 1, columnCount: 2, elements: [1e9, -1.1e9])
    #expect(throws: FitError.features(.fit, .tooLarge(row: 0, column: 1, value: -1.1e9))) {
      try ReferenceSet(features: above)
    }
  }

  @Test func `shapes that do not fit are refused`() throws {
    let none = Matrix<Float>(rowCount: 0, columnCount: 2, elements: [])
    #expect(throws: FitError.noRows(.fit)) { try ReferenceSet(features: none) }
    #expect(throws: FitError.noRows(.heldOut)) {
      try ReferenceSet(features: Self.rows, heldOut: none)
    }
    #expect(throws: FitError.labelCount(labels: 1, rows: 2)) {
      try ReferenceSet(features: Self.rows, labels: [1])
    }
    let narrow = Matrix<Float>(rowCount: 1, columnCount: 1, elements: [1])
    #expect(throws: FitError.features(.heldOut, .dimensions(expected: 2, actual: 1))) {
      try ReferenceSet(features: Self.rows, heldOut: narrow)
    }
    let head = try LinearHead(weights: narrow, biases: [0])
    #expect(
      throws: FitError.headShape(classes: 1, dimensions: 1, biases: 1, expectedDimensions: 2)
    ) { try ReferenceSet(features: Self.rows, head: head) }
  }

  @Test func `a head without meaning is refused`() {
    #expect(
      throws: FitError.headShape(classes: 2, dimensions: 2, biases: 1, expectedDimensions: 2)
    ) { try LinearHead(weights: Self.rows, biases: [0]) }
    #expect(throws: FitError.headNotFinite) {
      try LinearHead(weights: Self.rows, biases: [0, .nan])
    }
    #expect(throws: FitError.headNotFinite) {
      try LinearHead(weights: Self.rows, biases: [0, 0], temperature: 0)
    }
  }

  @Test func `the digest depends on every part`() throws {
    let fixture = try Fixture.load()
    let train = fixture.matrix(fixture.train)
    let digests = [
      try ReferenceSet(features: train),
      try ReferenceSet(features: train, labels: fixture.labels),
      try ReferenceSet(features: train, head: fixture.head()),
      try ReferenceSet(features: train, heldOut: train),
      try ReferenceSet(features: fixture.matrix(fixture.train.map { $0 + 1 })),
    ].map { $0.digest() }
    #expect(Set(digests).count == digests.count)
    #expect(try ReferenceSet(features: train).digest() == digests[0])
  }

  @Test func `the survey counts what is odd about the rows`() throws {
    let features = Matrix<Float>(
      rowCount: 4, columnCount: 3, elements: [0, 0, 5, 1, 2, 5, 1, 2, 5, 0, 7, 5])
    let survey = ReferenceSurvey(try ReferenceSet(features: features, labels: [1, 1, 1, 2]))
    #expect(survey.constantDimensionCount == 1)
    #expect(survey.duplicateRowCount == 1)
    #expect(survey.singleRowClassCount == 1)
    #expect(survey.zeroRowCount == 0)
    #expect(
      survey.remarks(covarianceRank: 2, dimensionCount: 3) == [
        "1 of 3 dimensions are constant", "1 of 4 rows repeat an earlier row",
        "1 of 2 classes have a single row", "the covariance has rank 2 of 3",
      ])
  }
}
