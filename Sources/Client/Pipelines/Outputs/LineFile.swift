package import Files

/// A file of lines that appears whole or not at all; lines are gathered before they are written.
package struct LineFile: ~Copyable {
  private static let bufferBytes = 1 << 18

  private var file: AtomicFile
  private var buffer: [UInt8] = []

  /// Begins a file that will appear at `path`.
  package init(path: String, calls: FileCalls = .system) throws(FileError) {
    file = try AtomicFile(path: path, calls: calls)
  }

  /// Adds a line and its end.
  package mutating func append(_ line: [UInt8]) throws(FileError) {
    buffer += line
    buffer.append(UInt8(ascii: "\n"))
    guard buffer.count >= Self.bufferBytes else { return }
    try file.append(buffer)
    buffer.removeAll(keepingCapacity: true)
  }

  /// Makes the file appear at its path, durably.
  package consuming func commit() throws(FileError) {
    try file.append(buffer)
    try file.commit()
  }
}
