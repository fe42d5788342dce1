package import Files
private import Glibc

/// Lines that go to a file, which appears whole or not at all, or to the standard output.
package final class LineOutput {
  private var file: LineFile?

  /// Begins the output; `-` is the standard output.
  package init(path: String, calls: FileCalls = .system) throws(FileError) {
    file = path == "-" ? nil : try LineFile(path: path, calls: calls)
  }

  /// Adds a line and its end.
  package func append(_ line: [UInt8]) throws(FileError) {
    guard file == nil else {
      try file?.append(line)
      return
    }
    var bytes = line + [UInt8(ascii: "\n")]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw FileError(.write, path: "standard output", number: errno) }
      bytes.removeFirst(count)
    }
  }

  /// Makes a file appear at its path, durably.
  package func commit() throws(FileError) {
    guard let file = file.take() else { return }
    try file.commit()
  }
}
