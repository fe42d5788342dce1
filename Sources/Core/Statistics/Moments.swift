package import Tensors

/// The mean of the rows of `samples`, accumulated in double: `[rows, dimensions] → [dimensions]`.
///
/// Zero where there is no row.
package func mean(ofRows samples: Matrix<Float>) -> [Double] {
  classMeans(of: samples, labels: [Int](repeating: 0, count: samples.rowCount), classCount: 1)
    .means.elements
}

/// The mean row of each class, accumulated in double, and how many rows each has.
///
/// `labels` are in `0..<classCount`. A class without a row has mean zero and count 0.
/// Shapes: `[rows, dimensions] → [classes, dimensions]`.
package func classMeans(
  of samples: Matrix<Float>, labels: [Int], classCount: Int
) -> (means: Matrix<Double>, counts: [Int]) {
  precondition(
    labels.count == samples.rowCount, "\(labels.count) labels for \(samples.rowCount) rows")
  let width = samples.columnCount
  var counts = [Int](repeating: 0, count: classCount)
  for label in labels {
    precondition(label >= 0 && label < classCount, "label \(label) of \(classCount) classes")
    counts[label] += 1
  }
  let means = samples.withUnsafeBufferPointer { source in
    Matrix<Double>(rowCount: classCount, columnCount: width) { target in
      for (row, label) in labels.enumerated() {
        for column in 0..<width {
          target[label * width + column] += Double(source[row * width + column])
        }
      }
      for (label, count) in counts.enumerated() where count > 0 {
        for column in 0..<width { target[label * width + column] /= Double(count) }
      }
    }
  }
  return (means, counts)
}

/// The covariance of the rows around the mean of each row's class: `[dimensions, dimensions]`.
///
/// `(1 / n) Σ (x - μ_y)(x - μ_y)ᵀ`, in double: divided by the number of rows, with no correction
/// for the means. One class gives the ordinary covariance. Rows are centred before the product, so
/// that a large common offset costs no digits.
/// Cost: `2 n d²` operations, done in blocks of 4,096 rows so that extra memory stays bounded.
package func tiedCovariance(
  of samples: Matrix<Float>, labels: [Int], means: Matrix<Double>
) -> Matrix<Double> {
  precondition(
    labels.count == samples.rowCount, "\(labels.count) labels for \(samples.rowCount) rows")
  let width = samples.columnCount
  let blockRows = 4096
  return Matrix<Double>(rowCount: width, columnCount: width) { scatter in
    guard let scatterBase = scatter.baseAddress, samples.rowCount > 0 else { return }
    for start in stride(from: 0, to: samples.rowCount, by: blockRows) {
      let rows = min(blockRows, samples.rowCount - start)
      let centred = centredRows(
        of: samples, from: start, count: rows, labels: labels, means: means)
      centred.withUnsafeBufferPointer { block in
        guard let base = block.baseAddress else { return }
        Double.gemm(
          transposeA: true, transposeB: false, m: width, n: width, k: rows,
          alpha: 1 / Double(samples.rowCount), a: base, lda: width, b: base, ldb: width, beta: 1,
          c: scatterBase, ldc: width)
      }
    }
  }
}

private func centredRows(
  of samples: Matrix<Float>, from start: Int, count: Int, labels: [Int], means: Matrix<Double>
) -> Matrix<Double> {
  let width = samples.columnCount
  return samples.withUnsafeBufferPointer { source in
    means.withUnsafeBufferPointer { means in
      Matrix<Double>(rowCount: count, columnCount: width) { target in
        for row in 0..<count {
          let label = labels[start + row]
          for column in 0..<width {
            target[row * width + column] =
              Double(source[(start + row) * width + column]) - means[label * width + column]
          }
        }
      }
    }
  }
}
