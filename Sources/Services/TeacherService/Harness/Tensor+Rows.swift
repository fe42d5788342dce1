internal import Messages
internal import Tensors

extension Tensor {
  /// The rows `[rows, dimensions]`, checked to be finite; float32 is adopted without a copy.
  ///
  /// `firstRow` is the number of the first row and `place` says whose rows these are, for messages.
  func rows(firstRow: Int = 0, place: String) throws(TeacherServiceError) -> Matrix<Float> {
    let matrix = try matrix()
    guard matrix.columnCount > 0 else {
      throw .outOfRange(name: "dimensions", value: "0", range: "1...65536")
    }
    if let bad = matrix.firstNonFinite() {
      throw .notFinite(row: firstRow + bad.row, column: bad.column, place: place)
    }
    return matrix
  }

  private func matrix() throws(TeacherServiceError) -> Matrix<Float> {
    do throws(TensorError) {
      _ = try checkedElementCount(rank: 2...2)
      let (rowCount, columnCount) = (Int(shape[0]), Int(shape[1]))
      guard dtype == .float32 || dtype == .unspecified else {
        return Matrix(rowCount: rowCount, columnCount: columnCount, elements: try floats())
      }
      guard let (elements, owner) = try adoptableFloats() else {
        return Matrix(rowCount: rowCount, columnCount: columnCount, elements: [])
      }
      return Matrix(
        rowCount: rowCount, columnCount: columnCount, adopting: elements, owner: owner)
    } catch {
      throw .tensor(error)
    }
  }

  /// A float32 tensor of a matrix.
  init(_ matrix: Matrix<Float>) {
    self = matrix.withUnsafeBufferPointer {
      Tensor(shape: [matrix.rowCount, matrix.columnCount], floats: $0)
    }
  }
}
