import Gradients
import Tensors
import Testing

@testable import PseudoLabeling

@Suite struct HeadTests {
  private static let heads: [any Head] = [LogisticHead(), NearestClassMeanHead()]

  @Test func `every head separates what is separate`() {
    let (features, labels) = blobs(rows: 60, spread: 0.1, seed: 1)
    for head in Self.heads {
      let fitted = head.fitted(
        on: TrainingSet(features: features, targets: .hard(labels), classCount: 3), from: nil)
      #expect(predictions(of: fitted.logits(of: features)).classes.map { Int($0) } == labels)
    }
  }

  @Test func `hard targets equal soft targets of one and zero`() {
    let (features, labels) = blobs(rows: 30, seed: 2)
    let soft = Matrix<Float>(
      rowCount: 30, columnCount: 3,
      elements: labels.flatMap { own in (0..<3).map { $0 == own ? 1 : 0 } })
    for head in Self.heads {
      let left = head.fitted(
        on: TrainingSet(features: features, targets: .hard(labels), classCount: 3), from: nil)
      let right = head.fitted(
        on: TrainingSet(features: features, targets: .soft(soft), classCount: 3), from: nil)
      for (a, b) in zip(left.weights.elements, right.weights.elements) {
        #expect(abs(a - b) < 1e-3)
      }
    }
  }

  @Test func `a row without weight does not count`() {
    let (features, labels) = blobs(rows: 30, seed: 3)
    let weights = [Float](repeating: 1, count: 29) + [0]
    for head in Self.heads {
      let left = head.fitted(
        on: TrainingSet(
          features: features, targets: .hard(labels), weights: weights, classCount: 3),
        from: nil)
      let right = head.fitted(
        on: TrainingSet(
          features: features.selecting(rows: Array(0..<29)),
          targets: .hard(Array(labels.prefix(29))), classCount: 3), from: nil)
      for (a, b) in zip(left.weights.elements, right.weights.elements) {
        #expect(abs(a - b) < 1e-2)
      }
    }
  }

  @Test func `the digest changes with every part of a head`() {
    let weights = Matrix<Float>(rowCount: 2, columnCount: 1, elements: [1, 2])
    let head = LinearHead(weights: weights, bias: [0, 0])
    let others = [
      LinearHead(weights: weights, bias: [0, 1]),
      LinearHead(weights: weights, bias: [0, 0], temperature: 2),
      LinearHead(
        weights: Matrix(rowCount: 2, columnCount: 1, elements: [1, 3]), bias: [0, 0]),
    ]
    let digest = head.digest(classNames: ["a", "b"])
    #expect(digest.count == 64)
    #expect(digest == LinearHead(weights: weights, bias: [0, 0]).digest(classNames: ["a", "b"]))
    #expect(digest != head.digest(classNames: ["ab", ""]))
    for other in others { #expect(other.digest(classNames: ["a", "b"]) != digest) }
  }

  @Test func `the temperature divides the logits`() {
    let head = LinearHead(
      weights: Matrix(rowCount: 2, columnCount: 1, elements: [4, 0]), bias: [0, 0], temperature: 4)
    let row = head.probabilities(of: Matrix(rowCount: 1, columnCount: 1, elements: [1])).row(0)
    #expect(abs(row[0] - 0.731_058_6) < 1e-6)
  }
}
