import TTRPC

/// Hands the end of each connection that the server gave up to a test.
struct RecordingObserver: ServerObserver {
  /// The reasons in the order of the ends.
  let closings: AsyncStream<String>
  /// Service, method and code of each answered call.
  let outcomes: AsyncStream<String>

  private let closed: AsyncStream<String>.Continuation
  private let ended: AsyncStream<String>.Continuation

  init() {
    (closings, closed) = AsyncStream.makeStream()
    (outcomes, ended) = AsyncStream.makeStream()
  }

  func callEnded(_ context: ServerContext, outcome: CallOutcome) {
    ended.yield(
      "\(context.method) \(outcome.code) \(outcome.requestBytes) \(outcome.responseBytes)")
  }

  func callRefused(service: String?, method: String?, peer: PeerCredentials?, error: RPCError) {
    ended.yield("refused \(method ?? "?") \(error.code)")
  }

  func connectionClosed(id: UInt64, peer: PeerCredentials?, reason: String?) {
    if let reason { closed.yield(reason) }
  }
}
