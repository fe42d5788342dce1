import Dispatch
import Glibc

/// Runs `body` until it ends or the user interrupts; then `body` is cancelled and its error counts.
///
/// A second interrupt ends the process at once.
func cancellingOnInterrupt<Success: Sendable>(
  _ body: @escaping @Sendable () async throws -> Success
) async throws -> Success {
  let signals = InterruptSignals()
  let stream = signals.stream
  return try await withThrowingTaskGroup(of: Success?.self) { group in
    group.addTask { try await body() }
    group.addTask {
      for await _ in stream { return nil }
      return nil
    }
    defer { group.cancelAll() }
    guard let first = try await group.next() else { throw CancellationError() }
    if let first { return first }
    // Interrupted: from here on the signals have their usual meaning again.
    signals.stop()
    group.cancelAll()
    while let next = try await group.next() {
      if let next { return next }
    }
    throw CancellationError()
  }
}

/// SIGINT and SIGTERM as a stream instead of the end of the process.
private final class InterruptSignals {
  private static let numbers = [SIGINT, SIGTERM]

  let stream: AsyncStream<Int32>
  private let continuation: AsyncStream<Int32>.Continuation
  private let sources: [any DispatchSourceSignal]

  init() {
    let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
    self.stream = stream
    self.continuation = continuation
    sources = Self.numbers.map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { continuation.yield(number) }
      source.resume()
      return source
    }
  }

  func stop() {
    for source in sources { source.cancel() }
    for number in Self.numbers { signal(number, SIG_DFL) }
    continuation.finish()
  }
}
