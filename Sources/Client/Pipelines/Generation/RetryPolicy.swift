import AutodidactClient
import TTRPC

/// How a lost connection is made anew: after longer and longer waits, until it was tried in vain
/// too often.
struct RetryPolicy: Sendable {
  /// The attempts without any progress in between.
  var attemptCountMax = 6
  /// The first wait; each further one is twice as long.
  var firstDelay = Duration.milliseconds(250)

  /// Waits before the attempt with the number `attemptCount`, from 1, after `error`; throws the
  /// error where another attempt is of no use.
  func wait(before attemptCount: Int, after error: CallError) async throws {
    guard [.unavailable, .resourceExhausted].contains(error.code), attemptCount < attemptCountMax
    else { throw error }
    try await Task.sleep(for: firstDelay * (1 << (attemptCount - 1)))
  }

  /// Calls `body` until it ends without a lost connection.
  func run<Success>(_ body: () async throws -> Success) async throws -> Success {
    var attemptCount = 0
    while true {
      do {
        return try await body()
      } catch let error as CallError {
        attemptCount += 1
        try await wait(before: attemptCount, after: error)
      }
    }
  }
}
