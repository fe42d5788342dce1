import Files
private import Glibc

/// Lines on disk that survive a kill at any instant: what was appended is there afterwards.
///
/// Each line stands behind its CRC-32. Opening keeps the lines up to the first that is not whole,
/// and cuts off what follows. Memory: 16 bytes a line.
final class LineJournal {
  /// Eight hexadecimal digits and a space.
  private static let prefixBytes = 9

  private let calls: FileCalls
  private let path: String
  private let file: Descriptor
  /// Where the lines are, without checksums and line feeds.
  private var ranges: [Range<Int>] = []
  private var byteCount = 0
  private var mapping: MappedFile?

  /// Opens or creates the journal at `path`; an exclusive one is open in one process at a time.
  init(
    path: String, isExclusive: Bool = false, calls: FileCalls = .system
  ) throws(FileError) {
    self.path = path
    self.calls = calls
    file = try Descriptor(opening: path, O_RDWR | O_CREAT, mode: 0o644)
    guard !isExclusive || flock(file.number, LOCK_EX | LOCK_NB) == 0 else {
      throw FileError(.lock, path: path, number: errno)
    }
    try recover()
  }

  /// The number of lines.
  var count: Int { ranges.count }

  /// The line with the number `index`, from 0.
  func line(_ index: Int) throws(FileError) -> [UInt8] {
    let range = ranges[index]
    return try mapped().withUnsafeBytes { Array($0[range]) }
  }

  /// Adds a line, which must hold no line feed.
  func append(_ line: [UInt8]) throws(FileError) {
    precondition(!line.contains(UInt8(ascii: "\n")), "a line feed in a line")
    var bytes = line.withUnsafeBytes { Self.prefix(of: $0) }
    bytes += line
    bytes.append(UInt8(ascii: "\n"))
    let failure = bytes.withUnsafeBytes {
      calls.failure(writing: $0, to: file.number, at: byteCount, path: path)
    }
    if let failure { throw failure }
    let start = byteCount + Self.prefixBytes
    ranges.append(start..<start + line.count)
    byteCount += bytes.count
    mapping = nil
  }

  /// Brings all lines to the device.
  func sync() throws(FileError) {
    guard calls.sync(file.number) == 0 else { throw FileError(.sync, path: path, number: errno) }
  }

  private func mapped() throws(FileError) -> MappedFile {
    if let mapping { return mapping }
    let mapping = try MappedFile(path: path)
    self.mapping = mapping
    return mapping
  }

  private func recover() throws(FileError) {
    try MappedFile(path: path).withUnsafeBytes { bytes in
      while let end = bytes[byteCount...].firstIndex(of: UInt8(ascii: "\n")) {
        let start = byteCount + Self.prefixBytes
        guard start <= end else { break }
        let line = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
        guard Self.prefix(of: line).elementsEqual(bytes[byteCount..<start]) else { break }
        ranges.append(start..<end)
        byteCount = end + 1
      }
    }
    guard ftruncate(file.number, off_t(byteCount)) == 0 else {
      throw FileError(.write, path: path, number: errno)
    }
  }

  private static func prefix(of line: UnsafeRawBufferPointer) -> [UInt8] {
    let digits = String(checksum(line), radix: 16)
    return Array((String(repeating: "0", count: 8 - digits.count) + digits + " ").utf8)
  }
}
