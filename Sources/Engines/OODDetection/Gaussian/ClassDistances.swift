private import Statistics
internal import Tensors

/// The least squared Mahalanobis distance of a row to a set of means under one covariance.
///
/// `min_c (x - μ_c)ᵀ Σ⁺ (x - μ_c)`. With the eigenvectors `v_i` of `Σ` and `y_i = v_i · (x - μ) /
/// √λ_i` around the mean `μ` of all rows, the distance is `‖y‖² + ‖m_c‖² - 2 (x - μ) · Σ⁺(μ_c -
/// μ)`: one product with a matrix of `rank + classes` rows. Taking everything from `μ` keeps the
/// terms small.
struct ClassDistances: Sendable {
  /// Eigenvalues at or below this share of the largest are rounding noise and dropped.
  static let relativeTolerance = 1e-10

  /// The mean of all rows `[dimensions]`.
  let center: [Float]
  /// The whitening rows, then one row a mean: `[rank + means, dimensions]`.
  let projection: Matrix<Float>
  /// The squared length of each mean on the whitened axes `[means]`.
  let squaredMeans: [Float]
  /// The projection in the order in which products read it.
  private let packed: PackedMatrix

  /// The number of directions in which the covariance is above the tolerance.
  var rank: Int { projection.rowCount - squaredMeans.count }

  /// Fits means and the covariance around them, in double precision.
  ///
  /// With `shrinkage` `s`, the covariance is `(1 - s) Σ + s · tr(Σ) / d · I`.
  /// Cost: `2 n d² + 9 d³` operations.
  init(
    fitting features: Matrix<Float>, labels: [Int], classCount: Int, shrinkage: Double
  ) throws(FitError) {
    let dimensions = features.columnCount
    let means = classMeans(of: features, labels: labels, classCount: classCount).means
    let center = mean(ofRows: features)
    let covariance = tiedCovariance(of: features, labels: labels, means: means)
    let eigen: SymmetricEigen
    do throws(SymmetricEigen.Failure) {
      eigen = try SymmetricEigen(covariance)
    } catch {
      switch error {
      case .notConverged(let info): throw .eigensolver(info: info)
      }
    }
    let sphere = eigen.eigenvalues.reduce(0, +) / Double(dimensions)
    let values = eigen.eigenvalues.map { (1 - shrinkage) * $0 + shrinkage * sphere }
    let largest = values.last ?? 0
    // Rows that are equal within each class leave nothing but the rounding of their means.
    let noise = Self.noise(of: features)
    guard largest > noise else { throw .zeroCovariance }
    let kept = values.indices.filter { values[$0] > Self.relativeTolerance * largest }
    let whitening = Matrix<Double>(rowCount: kept.count, columnCount: dimensions) { target in
      for (row, index) in kept.enumerated() {
        let scale = 1 / values[index].squareRoot()
        for column in 0..<dimensions {
          target[row * dimensions + column] = scale * eigen.eigenvectors[index, column]
        }
      }
    }
    let offsets = Matrix<Double>(rowCount: classCount, columnCount: dimensions) { target in
      for row in 0..<classCount {
        for column in 0..<dimensions {
          target[row * dimensions + column] = means[row, column] - center[column]
        }
      }
    }
    let whitened = offsets.multiplied(byTransposeOf: whitening)  // [classes, rank]
    let meanRows = whitened.multiplied(by: whitening)  // [classes, dimensions]
    projection = Matrix(
      rowCount: kept.count + classCount, columnCount: dimensions,
      elements: whitening.elements.map(Float.init) + meanRows.elements.map(Float.init))
    squaredMeans = (0..<classCount).map { row in
      Float(whitened.row(row).reduce(0) { $0 + $1 * $1 })
    }
    self.center = center.map(Float.init)
    packed = PackedMatrix(transposing: [projection], path: NeighborKernel.best.path)
  }

  /// The variance that rounding alone can give features of this size.
  private static func noise(of features: Matrix<Float>) -> Double {
    let largest = features.withUnsafeBufferPointer { elements in
      elements.reduce(0.0) { max($0, abs(Double($1))) }
    }
    return largest * largest * 1e-28
  }

  /// How many rows are projected together: their projections stay in the second-level cache.
  private static let blockRows = 64

  /// The least distance of each row, `[rows, dimensions] → [rows]`.
  ///
  /// Blocks of rows run in parallel; a row's result does not depend on the others.
  /// Cost: `2 · dimensions · (rank + means)` operations a row; memory: a block a thread.
  func minima(_ features: Matrix<Float>) -> [Float] {
    var distances = [Float](repeating: 0, count: features.rowCount)
    let block = Self.blockRows
    distances.withUnsafeMutableBufferPointer { distances in
      // Safety: each block writes its own part of the buffer, which outlives the loop.
      nonisolated(unsafe) let distances = distances
      parallelFor((features.rowCount + block - 1) / block) { index in
        let rows = index * block..<min((index + 1) * block, features.rowCount)
        write(minimaOf: rows, of: features, to: distances)
      }
    }
    return distances
  }

  private func write(
    minimaOf rows: Range<Int>, of features: Matrix<Float>,
    to distances: UnsafeMutableBufferPointer<Float>
  ) {
    let (width, outputs) = (features.columnCount, projection.rowCount)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: rows.count * (width + outputs)) {
      scratch in
      guard let centred = scratch.baseAddress else { return }
      let products = centred + rows.count * width
      features.withUnsafeBufferPointer { source in
        center.withUnsafeBufferPointer { center in
          for row in 0..<rows.count {
            let from = (rows.lowerBound + row) * width
            for column in 0..<width {
              centred[row * width + column] = source[from + column] - center[column]
            }
          }
        }
      }
      packed.product(
        rowCount: rows.count, a: centred, lda: width, epilogue: .store, c: products, ldc: outputs)
      for row in 0..<rows.count {
        let values = UnsafeBufferPointer(start: products + row * outputs, count: outputs)
        distances[rows.lowerBound + row] = least(values)
      }
    }
  }

  private func least(_ products: UnsafeBufferPointer<Float>) -> Float {
    let rank = rank
    var lanes = SIMD8<Float>()
    let whole = rank & ~7
    for start in stride(from: 0, to: whole, by: 8) {
      let values = UnsafeRawBufferPointer(products).loadUnaligned(
        fromByteOffset: start * 4, as: SIMD8<Float>.self)
      lanes += values * values
    }
    var squared = lanes.sum()
    for index in whole..<rank { squared += products[index] * products[index] }
    var least = Float.infinity
    squaredMeans.withUnsafeBufferPointer { means in
      for index in means.indices {
        least = min(least, means[index] - 2 * products[rank + index])
      }
    }
    return max(squared + least, 0)
  }
}

extension ClassDistances {
  init(reading state: inout StateReader) throws(StateError) {
    center = try state.floats()
    projection = try state.matrix()
    squaredMeans = try state.floats()
    guard projection.columnCount == center.count, squaredMeans.count >= 1,
      projection.rowCount > squaredMeans.count
    else { throw .inconsistent("class distances") }
    packed = PackedMatrix(transposing: [projection], path: NeighborKernel.best.path)
  }

  func write(to state: inout StateWriter) {
    state.append(center)
    state.append(projection)
    state.append(squaredMeans)
  }
}
