private import Glibc

/// An open file descriptor that is closed exactly once, when the value ends.
///
/// A value exists only while the file is open: an initialiser that fails after it made one needs no
/// clean-up of its own, and must not do any. Closing twice could close what another thread has
/// opened meanwhile under the same number.
package struct Descriptor: ~Copyable, Sendable {
  /// The number for system calls, valid as long as the value is.
  package let number: Int32

  /// Opens the file at `path`, not to be inherited by other programs.
  package init(
    opening path: String, _ flags: Int32, mode: UInt32 = 0,
    for operation: FileError.Operation = .open
  ) throws(FileError) {
    let number = open(path, flags | O_CLOEXEC, mode)
    guard number >= 0 else { throw FileError(operation, path: path, number: errno) }
    self.number = number
  }

  deinit { close(number) }
}
