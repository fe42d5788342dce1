package import Files
import FoundationEssentials
package import Messages

/// Rows of float32 in a `.npy` or `.safetensors` file, read in pieces.
///
/// Of a safetensors file, the array `features` counts, or the only one. Memory: the mapping.
package struct FeatureFile: Sendable {
  /// The file's path.
  package let path: String
  /// The rows.
  package let rowCount: Int
  /// The columns; 1 for a vector.
  package let dimensions: Int
  private let file: MappedFile
  private let start: Int
  private let isDouble: Bool

  /// Opens the file at `path`.
  package init(path: String) throws(FeatureFileError) {
    let file: MappedFile
    do throws(FileError) {
      file = try MappedFile(path: path)
    } catch {
      throw .file(error)
    }
    self.path = path
    self.file = file
    if path.hasSuffix(".safetensors") {
      let array = try Self.array(in: file)
      (start, rowCount, dimensions) = array
      isDouble = false
      return
    }
    let header: NumpyHeader
    do throws(NumpyError) {
      header = try file.withUnsafeBytes { bytes throws(NumpyError) in
        try NumpyHeader(parsing: bytes)
      }
    } catch {
      throw .numpy(path: path, error)
    }
    guard (1...2).contains(header.shape.count), !header.isFortranOrder || header.shape.count == 1,
      header.scalarType == .float32 || header.scalarType == .float64
    else {
      throw .notMatrix(
        path: path,
        found: (header.isFortranOrder ? "Fortran-ordered " : "") + "\(header.scalarType.rawValue) "
          + "of shape \(header.shape)")
    }
    start = header.dataOffset
    rowCount = header.shape[0]
    dimensions = header.shape.count == 2 ? header.shape[1] : 1
    isDouble = header.scalarType == .float64
  }

  /// The rows in the given range, each of which must be numbers.
  package func tensor(ofRows rows: Range<Int>) throws(FeatureFileError) -> Tensor {
    precondition(rows.upperBound <= rowCount, "rows \(rows) of \(rowCount)")
    var badIndex: Int?
    let tensor = file.withUnsafeBytes { bytes in
      Tensor(rowCount: rows.count, columnCount: dimensions) { values in
        let first = rows.lowerBound * dimensions
        for index in values.indices {
          let value =
            isDouble
            ? Float(
              bytes.loadUnaligned(fromByteOffset: start + (first + index) * 8, as: Double.self))
            : bytes.loadUnaligned(fromByteOffset: start + (first + index) * 4, as: Float.self)
          if !value.isFinite, badIndex == nil { badIndex = index }
          values[index] = value
        }
      }
    }
    if let badIndex {
      throw .notFinite(
        path: path, row: rows.lowerBound + badIndex / dimensions, column: badIndex % dimensions)
    }
    return tensor
  }

  /// Where the array of features starts in a safetensors file, and its extents.
  private static func array(
    in file: MappedFile
  ) throws(FeatureFileError) -> (start: Int, rowCount: Int, dimensions: Int) {
    let header: SafetensorsHeader
    let start: Int
    do throws(SafetensorsFile.Failure) {
      (header, start) = try file.withUnsafeBytes { bytes throws(SafetensorsFile.Failure) in
        try SafetensorsFile.header(of: bytes, path: file.path)
      }
    } catch {
      throw .safetensors(error)
    }
    let entry =
      header.entries["features"]
      ?? (header.entries.count == 1
        ? header.entries.values.first : nil)
    guard let entry, entry.dtype == "F32", entry.shape.count == 2,
      SafetensorsFile.fits(entry, byteCount: file.count - start)
    else {
      throw .notMatrix(
        path: file.path,
        found: header.entries.map { "\($0) \($1.dtype) \($1.shape)" }.sorted()
          .joined(separator: ", "))
    }
    return (start + entry.offsets[0], entry.shape[0], entry.shape[1])
  }
}

/// Why a file of features is not usable.
package enum FeatureFileError: Error, Equatable {
  /// The file could not be read or written.
  case file(FileError)
  /// The bytes are not those of NumPy's format.
  case numpy(path: String, NumpyError)
  /// The bytes are not those of the safetensors format.
  case safetensors(SafetensorsFile.Failure)
  /// The file holds something else than rows of floats.
  case notMatrix(path: String, found: String)
  /// A value is not a number.
  case notFinite(path: String, row: Int, column: Int)
  /// The two files have not the same number of rows.
  case rowCounts(path: String, Int, other: String, Int)
  /// The name does not say which format is wanted.
  case unknownFormat(path: String)
}

extension FeatureFileError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .file(let error): error.description
    case .numpy(let path, let error): "\(path): not a NumPy array that can be read: \(error)"
    case .safetensors(let error): error.description
    case .notMatrix(let path, let found):
      "\(path): rows of float32 in C order are needed, not \(found)"
    case .notFinite(let path, let row, let column):
      "\(path): row \(row), column \(column) is not a finite number"
    case .rowCounts(let path, let count, let other, let otherCount):
      "\(path) has \(count.counted("row")), \(other) has \(otherCount.grouped)"
    case .unknownFormat(let path):
      "\(path): the name must end in .npy or .safetensors"
    }
  }
}

extension SafetensorsFile.Failure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .file(let error): error.description
    case .malformed(let path, let reason): "\(path): not a safetensors file: \(reason)"
    }
  }
}
