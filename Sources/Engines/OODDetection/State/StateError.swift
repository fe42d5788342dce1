/// Why bytes are not the state of a detector.
package enum StateError: Error, Equatable {
  /// The bytes end before the state does.
  case truncated(offset: Int, needed: Int, available: Int)
  /// The bytes do not begin as the state of a detector does.
  case notAState
  /// The state has a version that this program does not read.
  case unsupportedVersion(found: Int, supported: Int)
  /// The checksum at the end does not match the bytes: the state was damaged or cut.
  case checksumMismatch
  /// The state is of a method that this program does not have.
  case unknownMethod(String)
  /// A part does not fit another, or is out of its range.
  case inconsistent(String)
  /// There are bytes after the end of the state.
  case trailingBytes(count: Int)
}
