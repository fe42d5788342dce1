package import Tensors
private import RealModule

/// The multinomial logistic loss with an L2 penalty, in scikit-learn's scaling.
///
/// `L(W, b) = C · Σᵢ wᵢ · CE(tᵢ, softmax(W xᵢ + b)) + ½ ‖W‖²`; the intercepts `b` are not
/// penalised. `CE(t, p) = -Σ_c t_c log p_c`, so a target row that sums to less than 1 counts less.
///
/// - Shapes: features `[n, d]`, targets `[n]` class indices or `[n, K]` probabilities, weights
///   `[n]`; parameters are `W` row-major `[K, d]` followed by `b` `[K]`, in one vector of
///   `K · (d + 1)` doubles.
/// - Precision: features and products in `Float`; the loss, the penalty and the intercepts'
///   gradient are summed in `Double`.
/// - Cost of one evaluation: `4 n d K` operations in BLAS, `n K` exponentials.
/// - Determinism: same inputs and BLAS thread count give the same bits.
package struct MultinomialLogisticLoss: Sendable {
  /// What each row should be.
  package enum Targets: Sendable, Equatable {
    /// One class index a row, `[n]`.
    case hard([Int])
    /// A probability for each class, `[n, K]`.
    case soft(Matrix<Float>)
  }

  /// The number of classes `K`.
  package let classCount: Int
  /// The features `[n, d]`.
  package let features: Matrix<Float>
  /// The number of parameters, `K · (d + 1)`.
  package var parameterCount: Int { classCount * (features.columnCount + 1) }

  /// How many bytes of rows go through both products together.
  private static let blockBytes = 192 << 10

  private let targets: Targets
  private let rowWeights: [Float]
  private let inversePenalty: Double
  private var logits: [Float]
  private var weights: [Float]
  private var weightGradient: [Float]

  /// Creates the loss of `targets` on `features`.
  ///
  /// - Parameters:
  ///   - features: Finite values `[n, d]`.
  ///   - targets: Class indices below `classCount`, or `[n, classCount]`.
  ///   - rowWeights: `[n]`, not negative; nil means 1 for every row.
  ///   - classCount: The number of classes, at least 2.
  ///   - inversePenalty: scikit-learn's `C`, positive.
  package init(
    features: Matrix<Float>, targets: Targets, rowWeights: [Float]? = nil, classCount: Int,
    inversePenalty: Double
  ) {
    let rowCount = features.rowCount
    precondition(classCount >= 2, "\(classCount) classes")
    precondition(inversePenalty > 0, "inverse penalty \(inversePenalty)")
    switch targets {
    case .hard(let classes):
      precondition(classes.count == rowCount, "\(classes.count) targets for \(rowCount) rows")
      precondition(
        classes.allSatisfy { (0..<classCount).contains($0) }, "a class is not below \(classCount)")
    case .soft(let matrix):
      precondition(
        matrix.rowCount == rowCount && matrix.columnCount == classCount,
        "targets [\(matrix.rowCount), \(matrix.columnCount)] for [\(rowCount), \(classCount)]")
    }
    let rowWeights = rowWeights ?? [Float](repeating: 1, count: rowCount)
    precondition(
      rowWeights.count == rowCount, "\(rowWeights.count) weights for \(rowCount) rows")
    self.classCount = classCount
    self.features = features
    self.targets = targets
    self.rowWeights = rowWeights
    self.inversePenalty = inversePenalty
    let blockRows = max(Self.blockBytes / max(4 * features.columnCount, 1), 16)
    logits = [Float](repeating: 0, count: min(rowCount, blockRows) * classCount)
    weights = [Float](repeating: 0, count: classCount * features.columnCount)
    weightGradient = weights
  }

  /// The loss at `parameters`; `gradient` is overwritten with its gradient.
  package mutating func value(at parameters: [Double], gradient: inout [Double]) -> Double {
    precondition(
      parameters.count == parameterCount && gradient.count == parameterCount,
      "\(parameters.count) parameters and \(gradient.count) slopes for \(parameterCount)")
    let weightCount = weights.count
    var squares = 0.0
    for index in 0..<weightCount {
      weights[index] = Float(parameters[index])
      squares += parameters[index] * parameters[index]
    }
    let intercepts = (0..<classCount).map { Float(parameters[weightCount + $0]) }
    var interceptGradient = [Double](repeating: 0, count: classCount)
    var loss = 0.0
    for index in weightGradient.indices { weightGradient[index] = 0 }
    // Both products of a block read its rows while they are in the second-level cache.
    let blockRows = max(Self.blockBytes / max(4 * features.columnCount, 1), 16)
    for first in stride(from: 0, to: features.rowCount, by: blockRows) {
      let rows = first..<min(first + blockRows, features.rowCount)
      multiplyFeatures(rows)
      loss += replaceLogitsByResiduals(
        rows, intercepts: intercepts, interceptGradient: &interceptGradient)
      multiplyResiduals(rows)
    }
    for index in 0..<weightCount {
      gradient[index] = inversePenalty * Double(weightGradient[index]) + parameters[index]
    }
    for index in 0..<classCount {
      gradient[weightCount + index] = inversePenalty * interceptGradient[index]
    }
    return inversePenalty * loss + squares / 2
  }

  /// `logits = X · Wᵀ` for `rows`, from the start of `logits` on.
  private mutating func multiplyFeatures(_ rows: Range<Int>) {
    let columnCount = features.columnCount
    features.withUnsafeBufferPointer { x in
      weights.withUnsafeBufferPointer { w in
        logits.withUnsafeMutableBufferPointer { z in
          guard let x = x.baseAddress, let w = w.baseAddress, let z = z.baseAddress else { return }
          Float.gemm(
            transposeA: false, transposeB: true, m: rows.count, n: classCount, k: columnCount,
            alpha: 1, a: x + rows.lowerBound * columnCount, lda: max(columnCount, 1), b: w,
            ldb: max(columnCount, 1), beta: 0, c: z, ldc: classCount)
        }
      }
    }
  }

  /// `weightGradient += residualsᵀ · X` for `rows`.
  private mutating func multiplyResiduals(_ rows: Range<Int>) {
    let columnCount = features.columnCount
    features.withUnsafeBufferPointer { x in
      logits.withUnsafeBufferPointer { r in
        weightGradient.withUnsafeMutableBufferPointer { g in
          guard let x = x.baseAddress, let r = r.baseAddress, let g = g.baseAddress else { return }
          Float.gemm(
            transposeA: true, transposeB: false, m: classCount, n: columnCount, k: rows.count,
            alpha: 1, a: r, lda: classCount, b: x + rows.lowerBound * columnCount,
            ldb: max(columnCount, 1), beta: 1, c: g, ldc: max(columnCount, 1))
        }
      }
    }
  }

  /// Turns each row of logits into `wᵢ · (Σt · pᵢ - tᵢ)` and returns `Σᵢ wᵢ · CE`.
  private mutating func replaceLogitsByResiduals(
    _ rows: Range<Int>, intercepts: [Float], interceptGradient: inout [Double]
  ) -> Double {
    let classCount = classCount
    let rowWeights = rowWeights
    let targets = targets
    return logits.withUnsafeMutableBufferPointer { logits in
      var loss = 0.0
      for row in rows {
        let start = (row - rows.lowerBound) * classCount
        let scores = UnsafeMutableBufferPointer(rebasing: logits[start..<start + classCount])
        let weight = rowWeights[row]
        shift(scores, by: intercepts)
        switch targets {
        case .hard(let classes):
          loss += Double(weight) * hardResiduals(scores, target: classes[row], weight: weight)
        case .soft(let matrix):
          loss += matrix.withUnsafeBufferPointer { elements in
            let target = UnsafeBufferPointer(
              rebasing: elements[row * classCount..<(row + 1) * classCount])
            return Double(weight) * softResiduals(scores, target: target, weight: weight)
          }
        }
        for index in 0..<classCount { interceptGradient[index] += Double(scores[index]) }
      }
      return loss
    }
  }
}

/// Adds the intercepts to the scores `[K]` of a row and takes the largest of the sums off them.
private func shift(_ scores: UnsafeMutableBufferPointer<Float>, by intercepts: [Float]) {
  var largest = -Float.infinity
  for index in 0..<scores.count {
    scores[index] += intercepts[index]
    largest = max(largest, scores[index])
  }
  for index in 0..<scores.count { scores[index] -= largest }
}

/// Replaces shifted scores `[K]` by their exponentials and returns the sum of these.
private func exponentiate(_ scores: UnsafeMutableBufferPointer<Float>) -> Float {
  var sum: Float = 0
  for index in 0..<scores.count {
    scores[index] = .exp(scores[index])
    sum += scores[index]
  }
  return sum
}

/// The cross-entropy of one row with a class; its weighted residuals replace the shifted scores.
private func hardResiduals(
  _ scores: UnsafeMutableBufferPointer<Float>, target: Int, weight: Float
) -> Double {
  let own = Double(scores[target])
  let sum = exponentiate(scores)
  let scale = weight / sum
  for index in 0..<scores.count { scores[index] *= scale }
  scores[target] -= weight
  return .log(Double(sum)) - own
}

/// The cross-entropy of one row with probabilities; its weighted residuals replace the scores.
private func softResiduals(
  _ scores: UnsafeMutableBufferPointer<Float>, target: UnsafeBufferPointer<Float>, weight: Float
) -> Double {
  var mass = 0.0
  var own = 0.0
  for index in 0..<scores.count where target[index] != 0 {
    mass += Double(target[index])
    own += Double(target[index]) * Double(scores[index])
  }
  let sum = exponentiate(scores)
  let scale = weight * Float(mass) / sum
  for index in 0..<scores.count {
    scores[index] = scores[index] * scale - weight * target[index]
  }
  return mass * .log(Double(sum)) - own
}
