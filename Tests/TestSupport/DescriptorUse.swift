private import Glibc

/// Runs `body` and returns whether its last failed system call used a descriptor that was not open.
///
/// A descriptor that is closed twice may by then belong to somebody else in the process. The second
/// close leaves EBADF behind, which only a later failure of the same thread would overwrite.
package func usesClosedDescriptor(_ body: () -> Void) -> Bool {
  errno = 0
  body()
  return errno == EBADF
}
