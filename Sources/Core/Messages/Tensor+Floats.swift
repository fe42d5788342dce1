extension DType {
  /// The size of one element in bytes; `unspecified` is read as `float32`.
  public var elementBytes: Int {
    switch self {
    case .uint8: 1
    case .float16, .bfloat16: 2
    case .unspecified, .float32, .int32: 4
    case .float64, .int64: 8
    }
  }
}

extension Tensor {
  /// Creates a float32 tensor of `shape` from `floats` in row-major order.
  public init(shape: [Int], floats: [Float]) {
    self = floats.withUnsafeBufferPointer { Tensor(shape: shape, floats: $0) }
  }

  /// Creates a float32 tensor of `shape` from `floats` in row-major order.
  public init(shape: [Int], floats: UnsafeBufferPointer<Float>) {
    self.init(shape: shape, dtype: .float32, elements: UnsafeRawBufferPointer(floats))
  }

  /// Creates a float32 tensor `[rowCount, columnCount]` from `floats` in row-major order.
  public init(rowCount: Int, columnCount: Int, floats: [Float]) {
    self.init(shape: [rowCount, columnCount], floats: floats)
  }

  /// Creates a float32 tensor `[rowCount, columnCount]` whose elements `body` writes; they are
  /// zero before.
  public init<Failure: Error>(
    rowCount: Int, columnCount: Int,
    initializingWith body: (UnsafeMutableBufferPointer<Float>) throws(Failure) -> Void
  ) throws(Failure) {
    precondition(rowCount >= 0 && columnCount >= 0, "shape [\(rowCount), \(columnCount)]")
    self.init()
    shape = [UInt64(rowCount), UInt64(columnCount)]
    dtype = .float32
    data = try Bytes(count: rowCount * columnCount * 4) { (memory) throws(Failure) in
      try body(memory.bindMemory(to: Float.self))
    }
  }

  /// Creates an int32 tensor of `shape` from `integers` in row-major order.
  public init(shape: [Int], integers: [Int32]) {
    self = integers.withUnsafeBytes { Tensor(shape: shape, dtype: .int32, elements: $0) }
  }

  /// Creates a uint8 tensor of `shape` from `integers` in row-major order.
  public init(shape: [Int], integers: [UInt8]) {
    self = integers.withUnsafeBytes { Tensor(shape: shape, dtype: .uint8, elements: $0) }
  }

  private init(shape: [Int], dtype: DType, elements: UnsafeRawBufferPointer) {
    let expected = shape.reduce(dtype.elementBytes, *)
    precondition(
      shape.allSatisfy { $0 >= 0 } && expected == elements.count,
      "\(elements.count) bytes for \(dtype) of shape \(shape)")
    self.init()
    self.shape = shape.map { UInt64($0) }
    self.dtype = dtype
    data = Bytes(copying: elements)
  }

  /// The number of elements, once shape, type and bytes are found to fit together.
  ///
  /// - Throws: `TensorError` where they do not.
  public func checkedElementCount(rank: ClosedRange<Int> = 1...4) throws(TensorError) -> Int {
    guard rank.contains(shape.count) else { throw .rank(actual: shape.count, expected: rank) }
    var count: UInt64 = 1
    for size in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      guard !overflow, product <= UInt64(Int.max / 8), size <= UInt64(Int.max / 8) else {
        throw .shapeOverflow(shape: shape)
      }
      count = product
    }
    let expected = Int(count) * dtype.elementBytes
    guard data.count == expected else {
      throw .byteCount(actual: data.count, expected: expected, shape: shape)
    }
    return Int(count)
  }

  /// The sizes of a matrix with elements of type `expected`.
  ///
  /// - Throws: `TensorError` where this is no such matrix.
  public func checkedMatrixShape(
    dtype expected: DType = .float32
  ) throws(TensorError) -> (rowCount: Int, columnCount: Int) {
    try check(dtype: expected)
    _ = try checkedElementCount(rank: 2...2)
    return (Int(shape[0]), Int(shape[1]))
  }

  /// Calls `body` with the elements of a float32 tensor in row-major order, without a copy.
  ///
  /// The pointer is valid inside `body` only.
  /// - Throws: `TensorError` where the tensor is not float32 or its parts do not fit.
  public func withFloats<Result>(
    _ body: (UnsafeBufferPointer<Float>) -> Result
  ) throws(TensorError) -> Result {
    try check(dtype: .float32)
    _ = try checkedElementCount()
    return data.withUnsafeBytes { body($0.bindMemory(to: Float.self)) }
  }

  /// The elements as floats, converted from any of the floating-point types.
  ///
  /// - Throws: `TensorError` where the elements are integers or the parts do not fit.
  public func floats() throws(TensorError) -> [Float] {
    let count = try checkedElementCount()
    return try data.withUnsafeBytes { (bytes) throws(TensorError) in
      switch dtype {
      case .unspecified, .float32:
        Array(bytes.bindMemory(to: Float.self))
      case .float64:
        bytes.bindMemory(to: Double.self).map { Float($0) }
      case .bfloat16:
        bytes.bindMemory(to: UInt16.self).map { Float(bitPattern: UInt32($0) << 16) }
      case .float16:
        (0..<count).map { float(fromFloat16: bytes.load(fromByteOffset: $0 * 2, as: UInt16.self)) }
      case .int32, .int64, .uint8:
        throw .dtype(actual: dtype, expected: .float32)
      }
    }
  }

  /// The elements of an int32 tensor in row-major order.
  ///
  /// - Throws: `TensorError` where the tensor is not int32 or its parts do not fit.
  public func int32s() throws(TensorError) -> [Int32] {
    try check(dtype: .int32)
    _ = try checkedElementCount()
    return data.withUnsafeBytes { Array($0.bindMemory(to: Int32.self)) }
  }

  /// The floats of a float32 tensor with the object that keeps them alive, for a container that
  /// adopts them; nil where there are none.
  ///
  /// - Throws: `TensorError` where the tensor is not float32 or its parts do not fit.
  package func adoptableFloats() throws(TensorError) -> (
    elements: UnsafeBufferPointer<Float>, owner: any AnyObject & Sendable
  )? {
    try check(dtype: .float32)
    _ = try checkedElementCount()
    return data.adoptable.map { ($0.memory.bindMemory(to: Float.self), $0.owner) }
  }

  private func check(dtype expected: DType) throws(TensorError) {
    let read: DType = dtype == .unspecified ? .float32 : dtype
    guard read == expected else { throw .dtype(actual: dtype, expected: expected) }
  }
}

/// The value of an IEEE 754 half, exactly.
///
/// Written out because `Float16` is not available on every processor that Swift supports.
private func float(fromFloat16 bits: UInt16) -> Float {
  let sign = UInt32(bits & 0x8000) << 16
  let exponent = UInt32(bits >> 10) & 0x1f
  let mantissa = UInt32(bits & 0x3ff)
  switch exponent {
  case 0:
    let magnitude = Float(mantissa) * 0x1p-24
    return sign == 0 ? magnitude : -magnitude
  case 0x1f:
    return Float(bitPattern: sign | 0x7f80_0000 | mantissa << 13)
  default:
    return Float(bitPattern: sign | (exponent + 112) << 23 | mantissa << 13)
  }
}
