import Foundation
import Methods
import Tensors
import Testing

@testable import OODDetection

/// Reads `Goldens/<name>.json` beside this file.
func golden<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value {
  let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens")
  return try JSONDecoder().decode(
    Value.self, from: Data(contentsOf: folder.appending(path: "\(name).json")))
}

/// The small reference set that the golden scores of every method stand on.
struct Fixture: Decodable {
  let dimensions: Int
  let train: [Float]
  let labels: [Int64]
  let heldOut: [Float]
  let queries: [Float]
  let weights: [Float]
  let biases: [Float]

  static func load() throws -> Fixture { try golden("reference-set", as: Fixture.self) }

  func matrix(_ elements: [Float]) -> Matrix<Float> {
    Matrix(rowCount: elements.count / dimensions, columnCount: dimensions, elements: elements)
  }

  func head(temperature: Float = 1) throws -> LinearHead {
    try LinearHead(weights: matrix(weights), biases: biases, temperature: temperature)
  }

  func reference(temperature: Float = 1) throws -> ReferenceSet {
    try ReferenceSet(
      features: matrix(train), labels: labels, head: try head(temperature: temperature),
      heldOut: matrix(heldOut))
  }
}

/// Expects `scores` within `relative` of `expected`, or within the same absolute difference near
/// zero.
func expectClose(
  _ scores: [Float], _ expected: [Double], relative: Double = 2e-5,
  _ location: SourceLocation = #_sourceLocation
) {
  #expect(scores.count == expected.count, sourceLocation: location)
  for (score, expected) in zip(scores, expected) {
    #expect(
      abs(Double(score) - expected) <= relative * max(1, abs(expected)),
      "\(score) and \(expected)", sourceLocation: location)
  }
}

/// Every method fitted with its defaults on the fixture.
func detectors() throws -> [OODDetector] {
  let reference = try Fixture.load().reference()
  func fit<Scorer: OODScorer>(_ method: Scorer.Type) throws -> OODDetector {
    try OODDetector(fitting: method, Scorer.Parameters(), on: reference, encoderDigest: "ab12")
  }
  return try OODMethods.all.map { try fit($0) }
}
