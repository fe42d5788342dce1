/// Why a tensor cannot be used.
public enum TensorError: Error, Equatable, Sendable {
  /// Not the number of dimensions that is needed.
  case rank(actual: Int, expected: ClosedRange<Int>)
  /// The shape's elements do not fit into the address space.
  case shapeOverflow(shape: [UInt64])
  /// The shape asks for another number of bytes than there are.
  case byteCount(actual: Int, expected: Int, shape: [UInt64])
  /// Elements of another type than is needed.
  case dtype(actual: DType, expected: DType)
}

extension TensorError: CustomStringConvertible {
  /// One sentence with the values that do not fit.
  public var description: String {
    switch self {
    case .rank(let actual, let expected):
      "a tensor has \(actual) dimensions, expected \(expected.lowerBound) to \(expected.upperBound)"
    case .shapeOverflow(let shape):
      "a tensor's shape \(shape) has too many elements"
    case .byteCount(let actual, let expected, let shape):
      "a tensor of shape \(shape) has \(actual) bytes, expected \(expected)"
    case .dtype(let actual, let expected):
      "a tensor has elements of type \(actual), expected \(expected)"
    }
  }
}
