package import Messages
package import Tensors

extension Messages.Tensor {
  /// The tensor `[rows, dimensions]` as a matrix; float32 is adopted, other floats are converted.
  package func featureMatrix() throws(TensorError) -> Matrix<Float> {
    _ = try checkedElementCount(rank: 2...2)
    let rows = Int(shape[0])
    let columns = Int(shape[1])
    guard dtype == .float32 || dtype == .unspecified else {
      return Matrix(rowCount: rows, columnCount: columns, elements: try floats())
    }
    guard let (elements, owner) = try adoptableFloats() else {
      return Matrix(rowCount: rows, columnCount: columns, elements: [])
    }
    return Matrix(rowCount: rows, columnCount: columns, adopting: elements, owner: owner)
  }
}
