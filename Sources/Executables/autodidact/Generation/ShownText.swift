import Glibc
import Synchronization

/// Text that is shown on the standard output as it comes, and kept.
final class ShownText: Sendable {
  private let state = Mutex("")

  /// What was shown.
  var text: String { state.withLock { $0 } }

  /// Shows and keeps a piece.
  func append(_ piece: String) {
    state.withLock { $0 += piece }
    StandardOutput.write(piece)
  }
}

/// The standard output as a place for text that is seen at once.
enum StandardOutput {
  /// Writes the text at once.
  static func write(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while !rest.isEmpty {
        let count = Glibc.write(STDOUT_FILENO, rest.baseAddress, rest.count)
        // A reader who has gone ends the process by a signal before this.
        guard count > 0 || errno == EINTR else { return }
        rest = UnsafeRawBufferPointer(rebasing: rest[max(0, count)...])
      }
    }
  }
}
