import Files
private import Glibc
import Messages

/// Feature rows on disk that survive a kill at any instant.
///
/// `rows.f32` holds the rows one after the other; `chunks.journal` has an entry for each chunk that
/// was written: rows, cut texts, CRC-32. Opening counts the chunks whose rows are whole, and cuts
/// off what follows. The same inputs are encoded in the same chunks, so that going on gives what an
/// uninterrupted run gives.
final class FeatureStore {
  private static let entryBytes = 16

  /// The dimensions of a row; 0 before the first.
  private(set) var dimensions = 0
  /// The rows that are stored.
  private(set) var rowCount = 0
  /// The texts that were cut.
  private(set) var truncatedCount = 0

  private let calls: FileCalls
  private let rowsPath: String
  private let journalPath: String
  private let rows: Descriptor
  private let journal: Descriptor
  private var journalBytes = 0
  private var mapping: MappedFile?

  /// Opens or creates the store in `folder`.
  init(folder: String, calls: FileCalls = .system) throws(FileError) {
    try Folder.create(folder)
    self.calls = calls
    rowsPath = folder + "/rows.f32"
    journalPath = folder + "/chunks.journal"
    rows = try Descriptor(opening: rowsPath, O_RDWR | O_CREAT, mode: 0o644)
    journal = try Descriptor(opening: journalPath, O_RDWR | O_CREAT, mode: 0o644)
    try recover()
  }

  /// Adds the rows of a chunk.
  func append(
    _ features: UnsafeRawBufferPointer, rowCount: Int, truncatedCount: Int
  ) throws(FileError) {
    precondition(rowCount > 0 && features.count % (rowCount * 4) == 0, "\(features.count) bytes")
    let chunkDimensions = features.count / rowCount / 4
    precondition(dimensions == 0 || dimensions == chunkDimensions, "\(chunkDimensions) dimensions")
    dimensions = chunkDimensions
    try write(features, to: rows.number, at: self.rowCount * dimensions * 4, path: rowsPath)
    let entry = [
      UInt32(rowCount), UInt32(dimensions), UInt32(truncatedCount), checksum(features),
    ]
    let failure = entry.withUnsafeBytes { bytes -> FileError? in
      do throws(FileError) {
        try write(bytes, to: journal.number, at: journalBytes, path: journalPath)
        return nil
      } catch {
        return error
      }
    }
    if let failure { throw failure }
    journalBytes += Self.entryBytes
    self.rowCount += rowCount
    self.truncatedCount += truncatedCount
    mapping = nil
  }

  /// The rows with the given numbers, in their order, `[numbers, dimensions]`.
  func tensor(ofRows numbers: some Collection<Int>) throws(FileError) -> Tensor {
    let rowBytes = dimensions * 4
    let mapping = try mapped()
    return mapping.withUnsafeBytes { stored in
      Tensor(rowCount: numbers.count, columnCount: dimensions) { floats in
        let target = UnsafeMutableRawBufferPointer(floats)
        for (position, number) in numbers.enumerated() {
          precondition(number < rowCount, "row \(number) of \(rowCount)")
          let source = stored[number * rowBytes..<(number + 1) * rowBytes]
          UnsafeMutableRawBufferPointer(rebasing: target[(position * rowBytes)...])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: source))
        }
      }
    }
  }

  private func mapped() throws(FileError) -> MappedFile {
    if let mapping { return mapping }
    let mapping = try MappedFile(path: rowsPath)
    self.mapping = mapping
    return mapping
  }

  /// Calls `body` with the bytes of all rows, in their order.
  func withRows(_ body: (UnsafeRawBufferPointer) -> Void) throws(FileError) {
    try MappedFile(path: rowsPath).withUnsafeBytes(body)
  }

  private func recover() throws(FileError) {
    let entries = try MappedFile(path: journalPath)
    let stored = try MappedFile(path: rowsPath)
    entries.withUnsafeBytes { entries in
      stored.withUnsafeBytes { stored in
        var offset = 0
        while journalBytes + Self.entryBytes <= entries.count {
          let fields = (0..<4).map {
            entries.loadUnaligned(fromByteOffset: journalBytes + $0 * 4, as: UInt32.self)
          }
          let (count, columns) = (Int(fields[0]), Int(fields[1]))
          let byteCount = count * columns * 4
          guard count > 0, columns > 0, dimensions == 0 || dimensions == columns,
            offset + byteCount <= stored.count,
            checksum(UnsafeRawBufferPointer(rebasing: stored[offset..<offset + byteCount]))
              == fields[3]
          else { break }
          dimensions = columns
          rowCount += count
          truncatedCount += Int(fields[2])
          offset += byteCount
          journalBytes += Self.entryBytes
        }
      }
    }
    guard ftruncate(journal.number, off_t(journalBytes)) == 0 else {
      throw FileError(.write, path: journalPath, number: errno)
    }
    guard ftruncate(rows.number, off_t(rowCount * dimensions * 4)) == 0 else {
      throw FileError(.write, path: rowsPath, number: errno)
    }
  }

  private func write(
    _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at offset: Int, path: String
  ) throws(FileError) {
    if let failure = calls.failure(writing: bytes, to: descriptor, at: offset, path: path) {
      throw failure
    }
  }
}
