package import Files
package import Tensors

/// A float32 matrix written to a `.npy` file row by row; it appears whole or not at all.
///
/// The number of rows need not be known before. Cost: one write of the rows, no memory of its own.
package struct NumpyWriter: ~Copyable {
  /// The number of columns of every row.
  package let columnCount: Int
  /// The number of rows appended so far.
  package private(set) var rowCount = 0
  private var file: AtomicFile

  /// Begins a matrix of `columnCount` columns that will appear at `path`.
  package init(path: String, columnCount: Int, calls: FileCalls = .system) throws(NumpyError) {
    precondition(columnCount >= 0, "\(columnCount) columns")
    self.columnCount = columnCount
    file = try Self.begun(path: path, columnCount: columnCount, calls: calls)
  }

  private static func begun(
    path: String, columnCount: Int, calls: FileCalls
  ) throws(NumpyError) -> AtomicFile {
    do throws(FileError) {
      var file = try AtomicFile(path: path, calls: calls)
      try file.append(NumpyHeader.float32(rowCount: 0, columnCount: columnCount))
      return file
    } catch {
      throw .file(error)
    }
  }

  /// Appends the rows of `matrix`.
  package mutating func append(_ matrix: Matrix<Float>) throws(NumpyError) {
    precondition(
      matrix.columnCount == columnCount, "\(matrix.columnCount) columns, not \(columnCount)")
    do throws(FileError) {
      try matrix.withUnsafeBufferPointer { elements throws(FileError) in
        try file.append(UnsafeRawBufferPointer(elements))
      }
    } catch {
      throw .file(error)
    }
    rowCount += matrix.rowCount
  }

  /// Makes the file appear at its path, durably.
  package consuming func commit() throws(NumpyError) {
    do throws(FileError) {
      try file.replace(
        at: 0, with: NumpyHeader.float32(rowCount: rowCount, columnCount: columnCount))
      try file.commit()
    } catch {
      throw .file(error)
    }
  }
}

extension Matrix<Float> {
  /// Writes the matrix to a `.npy` file at `path`, which appears whole or not at all.
  package func writeNumpy(to path: String, calls: FileCalls = .system) throws(NumpyError) {
    var writer = try NumpyWriter(path: path, columnCount: columnCount, calls: calls)
    try writer.append(self)
    try writer.commit()
  }
}
