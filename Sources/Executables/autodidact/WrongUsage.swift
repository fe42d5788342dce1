import ArgumentParser
import Glibc

extension Autodidact {
  /// Says on the standard error what is wrong with the command line and ends with 2.
  static func fail(with error: any Error) -> Never {
    let bytes = Array((fullMessage(for: error) + "\n").utf8)
    // ignoring: a closed standard error; the exit code stays.
    _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    Glibc.exit(2)
  }
}
