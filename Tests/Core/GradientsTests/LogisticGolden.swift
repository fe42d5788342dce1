import Foundation
import Tensors

@testable import Gradients

/// The optima that `ops/goldens/logistic_loss.py` recorded.
struct LogisticGolden: Decodable {
  struct Case: Decodable, Sendable {
    let targets: String
    let inversePenalty: Double
    let loss: Double
    let firstProbabilities: [Double]
  }

  struct SharedCase: Decodable, Sendable {
    let set: String
    let draw: String
    let inversePenalty: Double
    let loss: Double
  }

  let rowCount: Int
  let columnCount: Int
  let classCount: Int
  let features: [Float]
  let classes: [Int]
  let softTargets: [Float]
  let weights: [Float]
  let cases: [Case]
  let sharedCases: [SharedCase]

  static func load() throws -> LogisticGolden {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Goldens/logistic-loss.json")
    return try JSONDecoder().decode(LogisticGolden.self, from: Data(contentsOf: url))
  }

  func loss(_ kind: String, inversePenalty: Double) -> MultinomialLogisticLoss {
    let features = Matrix(rowCount: rowCount, columnCount: columnCount, elements: self.features)
    let soft = Matrix(rowCount: rowCount, columnCount: classCount, elements: softTargets)
    return MultinomialLogisticLoss(
      features: features, targets: kind.hasPrefix("soft") ? .soft(soft) : .hard(classes),
      rowWeights: kind.hasSuffix("weighted") ? weights : nil, classCount: classCount,
      inversePenalty: inversePenalty)
  }
}
