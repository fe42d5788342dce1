package import Files
package import Tensors

/// An array in a `.npy` file, mapped into memory and checked.
///
/// Types read: float16, float32, float64, bool and the integers of `NumpyScalarType`; C and Fortran
/// order; at most eight dimensions. A vector `[n]` reads as a matrix `[n, 1]`; further dimensions
/// are folded into the columns.
package struct NumpyFile: Sendable {
  private let file: MappedFile
  private let start: Int
  private let header: NumpyHeader

  /// Opens the file at `path` and checks its header and length.
  package init(path: String) throws(NumpyError) {
    let file: MappedFile
    do throws(FileError) {
      file = try MappedFile(path: path)
    } catch {
      throw .file(error)
    }
    try self.init(file)
  }

  /// Reads the array in the bytes `range` of `file`, or in all of them.
  package init(_ file: MappedFile, range: Range<Int>? = nil) throws(NumpyError) {
    let range = range ?? 0..<file.count
    precondition(range.upperBound <= file.count, "bytes \(range) of \(file.count)")
    self.file = file
    start = range.lowerBound
    header = try file.withUnsafeBytes { bytes throws(NumpyError) in
      try NumpyHeader(parsing: UnsafeRawBufferPointer(rebasing: bytes[range]))
    }
  }

  /// The extents of the array.
  package var shape: [Int] { header.shape }
  /// The type of an element.
  package var scalarType: NumpyScalarType { header.scalarType }
  /// The first extent, which is the number of rows; 1 for a scalar.
  package var rowCount: Int { shape.first ?? 1 }
  /// The number of elements in a row.
  package var columnCount: Int { shape.dropFirst().reduce(1, *) }

  /// The array as float32.
  ///
  /// A float32 array in C order is not copied: the matrix keeps the mapping alive. Other types cost
  /// one pass and the memory of the matrix; integers above 2^24 and float64 are rounded.
  package func matrix() -> Matrix<Float> {
    if header.scalarType == .float32, let adopted: Matrix<Float> = adopted() { return adopted }
    return converted()
  }

  /// The array as float64; a float64 array in C order is not copied.
  package func doubleMatrix() -> Matrix<Double> {
    if header.scalarType == .float64, let adopted: Matrix<Double> = adopted() { return adopted }
    return converted()
  }

  /// The elements of an array of integers or truth values, in the order of the file.
  package func integers() throws(NumpyError) -> [Int] {
    switch header.scalarType {
    case .bool, .uint8: map(UInt8.self) { Int($0) }
    case .int8: map(Int8.self) { Int($0) }
    case .int16: map(Int16.self) { Int($0) }
    case .int32: map(Int32.self) { Int($0) }
    case .int64: map(Int64.self) { Int($0) }
    case .float16, .float32, .float64:
      throw .notConvertible(from: header.scalarType, to: "integers")
    }
  }

  private func adopted<Scalar: BLASScalar>() -> Matrix<Scalar>? {
    guard !header.isFortranOrder || rowCount <= 1 || columnCount <= 1 else { return nil }
    return file.withUnsafeBytes { bytes in
      let data = UnsafeRawBufferPointer(rebasing: bytes[(start + header.dataOffset)...])
      guard UInt(bitPattern: data.baseAddress) % UInt(MemoryLayout<Scalar>.alignment) == 0 else {
        return nil
      }
      let elements = UnsafeBufferPointer(
        rebasing: data.bindMemory(to: Scalar.self)[..<header.elementCount])
      return Matrix(
        rowCount: rowCount, columnCount: columnCount, adopting: elements, owner: file)
    }
  }

  private func converted<Scalar: BLASScalar>() -> Matrix<Scalar> {
    let values: [Scalar] =
      switch header.scalarType {
      case .float16: map(Float16.self) { Scalar(Float($0)) }
      case .float32: map(Float.self) { Scalar($0) }
      case .float64: map(Double.self) { Scalar($0) }
      case .bool, .uint8: map(UInt8.self) { Scalar($0) }
      case .int8: map(Int8.self) { Scalar($0) }
      case .int16: map(Int16.self) { Scalar($0) }
      case .int32: map(Int32.self) { Scalar($0) }
      case .int64: map(Int64.self) { Scalar($0) }
      }
    guard header.isFortranOrder, shape.count > 1 else {
      return Matrix(rowCount: rowCount, columnCount: columnCount, elements: values)
    }
    return Matrix(rowCount: rowCount, columnCount: columnCount) { elements in
      var source = 0
      // The first index varies fastest in Fortran order.
      var index = [Int](repeating: 0, count: shape.count)
      while source < values.count {
        elements[zip(index, shape).reduce(0) { $0 * $1.1 + $1.0 }] = values[source]
        source += 1
        for axis in shape.indices {
          index[axis] += 1
          if index[axis] < shape[axis] { break }
          index[axis] = 0
        }
      }
    }
  }

  private func map<Stored: BitwiseCopyable, Value>(
    _: Stored.Type, _ transform: (Stored) -> Value
  ) -> [Value] {
    file.withUnsafeBytes { bytes in
      let data = UnsafeRawBufferPointer(rebasing: bytes[(start + header.dataOffset)...])
      return (0..<header.elementCount).map { index in
        transform(
          data.loadUnaligned(fromByteOffset: index * MemoryLayout<Stored>.stride, as: Stored.self))
      }
    }
  }
}
