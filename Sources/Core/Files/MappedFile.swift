private import Glibc

/// A regular file mapped read-only into memory; the mapping ends with the last reference.
///
/// Opening costs a few system calls whatever the size: pages are read when they are touched and are
/// shared with other processes. Model files are replaced by renaming, never rewritten in place; a
/// file that is cut while it is mapped ends the process with SIGBUS at the next touch.
///
/// Safety of `@unchecked Sendable`: all stored properties are constants and the memory is mapped
/// without the right to write.
package final class MappedFile: @unchecked Sendable {
  /// The path that the file was opened by.
  package let path: String
  /// The size of the file when it was mapped.
  package let count: Int
  private let start: UnsafeRawPointer?

  /// Maps the file at `path`.
  package init(path: String) throws(FileError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(.open, path: path, number: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw FileError(.inspect, path: path, number: errno)
    }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegularFile(path: path) }
    self.path = path
    count = Int(status.st_size)
    guard count > 0 else {
      start = nil
      return
    }
    let address = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let address, address != MAP_FAILED else {
      throw FileError(.map, path: path, number: errno)
    }
    start = UnsafeRawPointer(address)
  }

  deinit {
    guard let start else { return }
    munmap(UnsafeMutableRawPointer(mutating: start), count)
  }

  /// Calls `body` with the bytes of the file; the pointer is valid inside `body`, and as long as
  /// the file is referenced by somebody who adopted it as an owner.
  package func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(self) {} }
    return try body(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
  }

  /// A copy of the bytes of the file at `path`, for files that are small.
  package static func bytes(of path: String) throws(FileError) -> [UInt8] {
    try MappedFile(path: path).withUnsafeBytes { Array($0) }
  }

  /// Gives the pages that were read back to the system; they are read again when they are touched.
  ///
  /// For after a pass over a large file whose bytes are not needed for long.
  package func releasePages() {
    guard let start else { return }
    // ignoring: a system that does not take the advice keeps the pages, which is what it was asked
    // to avoid and no error.
    _ = madvise(UnsafeMutableRawPointer(mutating: start), count, MADV_DONTNEED)
  }
}
