/// How a client connects, waits and tries again.
public struct ClientConfiguration: Sendable, Hashable {
  /// How long a unary call may take when its options do not say; nil means for ever.
  ///
  /// Streams have no limit unless their options give one.
  public var unaryTimeout: Duration? = .seconds(60)
  /// How long making a connection may take.
  public var connectTimeout: Duration = .seconds(5)
  /// How often and after what pauses a call is tried again.
  public var retry = RetryPolicy()
  /// Messages of one stream that wait for their reader before the socket is not read any more.
  public var streamMessageCountMax = 64
  /// Bytes of one stream that wait for their reader before the socket is not read any more.
  public var streamBytesMax = 16 << 20
  /// Bytes that wait for the server before senders are suspended.
  public var outboundBytesHigh = 8 << 20
  /// How long the server may read nothing while bytes wait beyond `outboundBytesHigh`.
  public var unreadTimeout: Duration = .seconds(30)
  /// Connections kept for later streams.
  public var idleConnectionCountMax = 4

  /// Makes the default configuration.
  public init() {}
}

/// When a failed call is tried again.
///
/// UNAVAILABLE is retried for every method, since the server says that nothing ran; a connection
/// that broke during a call only for idempotent ones. A budget keeps the retries of a client
/// whose server is in trouble to about a tenth of its calls.
public struct RetryPolicy: Sendable, Hashable {
  /// Attempts of one call, the first one included.
  public var attemptCountMax = 4
  /// The pause before the second attempt; it doubles with each further one.
  public var firstDelay: Duration = .milliseconds(25)
  /// The longest pause.
  public var delayMax: Duration = .seconds(1)
  /// Retries that may be made in a row without a success in between.
  public var budget = 16
  /// Start of the pseudo-random jitter; clients of one server should differ.
  public var jitterSeed: UInt64 = 0

  /// Makes the default policy.
  public init() {}

  /// The pause before attempt `number`, which counts from 2: between half of it and all of it.
  func delay(beforeAttempt number: Int, random: UInt64) -> Duration {
    var delay = firstDelay
    for _ in 2..<max(number, 2) where delay < delayMax { delay = delay * 2 }
    delay = min(delay, delayMax)
    return delay * 0.5 + delay * (Double(random >> 11) / Double(1 << 53) * 0.5)
  }
}

/// Tokens that retries cost and successes give back.
struct RetryBudget {
  private let limit: Int
  private var tenths: Int

  init(limit: Int) {
    self.limit = limit * 10
    tenths = limit * 10
  }

  /// Gives back a tenth of a retry.
  mutating func recordSuccess() {
    if tenths < limit { tenths += 1 }
  }

  /// Takes one retry if there is one.
  mutating func withdraw() -> Bool {
    guard tenths >= 10 else { return false }
    tenths -= 10
    return true
  }
}
