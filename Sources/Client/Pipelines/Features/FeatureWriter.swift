import Files

/// Rows of float32 that go to a `.npy` or `.safetensors` file, which appears whole or not at all.
///
/// The number of rows need not be known before. Memory: none of its own.
struct FeatureWriter: ~Copyable {
  private static let safetensorsHeaderBytes = 512

  private(set) var rowCount = 0
  private var dimensions = 0
  private let isSafetensors: Bool
  private var file: AtomicFile

  /// Begins a file that will appear at `path`, whose ending gives the format.
  init(path: String, calls: FileCalls = .system) throws(FeatureFileError) {
    isSafetensors = path.hasSuffix(".safetensors")
    file = try Self.begun(path, headerBytes: Self.headerBytes(isSafetensors), calls)
  }

  private static func begun(
    _ path: String, headerBytes: Int, _ calls: FileCalls
  ) throws(FeatureFileError) -> AtomicFile {
    guard path.hasSuffix(".safetensors") || path.hasSuffix(".npy") else {
      throw .unknownFormat(path: path)
    }
    do throws(FileError) {
      var file = try AtomicFile(path: path, calls: calls)
      try file.append([UInt8](repeating: 0, count: headerBytes))
      return file
    } catch {
      throw .file(error)
    }
  }

  /// Appends rows of `dimensions` values, which are the same number every time.
  mutating func append(
    _ rows: UnsafeRawBufferPointer, dimensions: Int
  ) throws(FeatureFileError) {
    precondition(self.dimensions == 0 || self.dimensions == dimensions, "\(dimensions) columns")
    precondition(dimensions > 0 && rows.count % (dimensions * 4) == 0, "\(rows.count) bytes")
    self.dimensions = dimensions
    rowCount += rows.count / (dimensions * 4)
    do throws(FileError) {
      try file.append(rows)
    } catch {
      throw .file(error)
    }
  }

  /// Makes the file appear at its path, durably.
  consuming func commit() throws(FeatureFileError) {
    let header = header
    do throws(FileError) {
      try file.replace(at: 0, with: header)
      try file.commit()
    } catch {
      throw .file(error)
    }
  }

  private static func headerBytes(_ isSafetensors: Bool) -> Int {
    isSafetensors ? safetensorsHeaderBytes : 128
  }

  private var header: [UInt8] {
    let headerBytes = Self.headerBytes(isSafetensors)
    guard isSafetensors else {
      return NumpyHeader.float32(
        rowCount: rowCount, columnCount: dimensions, byteCount: headerBytes)
    }
    return SafetensorsHeader(
      metadata: [:],
      entries: [
        "features": .init(
          dtype: "F32", shape: [rowCount, dimensions], offsets: [0, rowCount * dimensions * 4])
      ]
    ).bytes(byteCountMin: headerBytes)
  }
}
