internal import CoreMetrics
package import Logging
package import TTRPC

/// Counts and logs every call and connection of the server.
package struct CallRecorder: ServerObserver {
  private struct Method: Hashable {
    let service: String
    let method: String
  }

  private let prefix: String
  private let metrics: MetricsRegistry
  private let logger: Logger
  private let durations: [Method: CoreMetrics.Timer]
  private let successes: [Method: Counter]
  private let callsInFlight: Meter
  private let connections: Meter
  private let requestBytes: Counter
  private let responseBytes: Counter

  /// Creates a recorder.
  ///
  /// - Parameters:
  ///   - daemon: the daemon's name, part of the metrics' names.
  ///   - services: the services whose methods are told apart; all others count as `unknown`.
  ///   - metrics: where numbers go.
  ///   - logger: where calls are logged.
  package init(
    daemon: String, services: [RPCService], metrics: MetricsRegistry, logger: Logger
  ) {
    prefix = "autodidact_\(daemon)"
    self.metrics = metrics
    self.logger = logger
    var durations: [Method: CoreMetrics.Timer] = [:]
    var successes: [Method: Counter] = [:]
    for service in services {
      for method in service.methods {
        let key = Method(service: service.name, method: method.name)
        durations[key] = metrics.timer(
          "\(prefix)_request_duration_seconds", help: Self.durationHelp,
          labels: [("service", service.name), ("method", method.name)])
        successes[key] = Self.counter(prefix, metrics, key, code: .ok)
      }
    }
    self.durations = durations
    self.successes = successes
    callsInFlight = metrics.gauge(
      "\(prefix)_requests_in_flight", help: "Calls that run at the moment.")
    connections = metrics.gauge(
      "\(prefix)_connections_open", help: "Connections that are open at the moment.")
    requestBytes = metrics.counter(
      "\(prefix)_request_bytes_total", help: "Bytes of all request messages.")
    responseBytes = metrics.counter(
      "\(prefix)_response_bytes_total", help: "Bytes of all response messages.")
  }

  private static let durationHelp = "Time from the last byte of a request to its answer."

  private static func counter(
    _ prefix: String, _ metrics: MetricsRegistry, _ method: Method, code: RPCCode
  ) -> Counter {
    metrics.counter(
      "\(prefix)_requests_total", help: "Calls by how they ended.",
      labels: [
        ("service", method.service), ("method", method.method), ("code", code.description),
      ])
  }

  /// Counts a call that runs.
  package func callStarted(_ context: ServerContext) {
    callsInFlight.increment()
  }

  /// Counts, times and logs a call that was answered.
  package func callEnded(_ context: ServerContext, outcome: CallOutcome) {
    callsInFlight.decrement()
    let method = Method(service: context.service, method: context.method)
    let code = Self.known(outcome.code)
    if code == .ok, let counter = successes[method] {
      counter.increment()
    } else {
      Self.counter(prefix, metrics, method, code: code).increment()
    }
    durations[method]?.recordNanoseconds(outcome.duration.nanoseconds)
    requestBytes.increment(by: outcome.requestBytes)
    responseBytes.increment(by: outcome.responseBytes)
    log(context, outcome)
  }

  /// Counts and logs a call that no handler saw.
  package func callRefused(
    service: String?, method: String?, peer: PeerCredentials?, error: RPCError
  ) {
    var known = Method(service: service ?? "", method: method ?? "")
    if durations[known] == nil { known = Method(service: "unknown", method: "unknown") }
    Self.counter(prefix, metrics, known, code: Self.known(error.code)).increment()
    let level: Logger.Level = error.code == .permissionDenied ? .warning : .debug
    logger.log(
      level: level, "call refused",
      metadata: Self.metadata(of: peer).merging([
        "service": "\(service ?? "?")", "method": "\(method ?? "?")",
        "status": "\(error.code)", "reason": "\(error.message)",
      ]) { $1 })
  }

  /// Counts and logs a connection.
  package func connectionOpened(id: UInt64, peer: PeerCredentials?) {
    connections.increment()
    logger.debug(
      "connection opened",
      metadata: Self.metadata(of: peer).merging(["connection": "\(id)"]) { $1 })
  }

  /// Counts and logs the end of a connection.
  package func connectionClosed(id: UInt64, peer: PeerCredentials?, reason: String?) {
    connections.decrement()
    var metadata = Self.metadata(of: peer)
    metadata["connection"] = "\(id)"
    if let reason { metadata["reason"] = "\(reason)" }
    logger.debug("connection closed", metadata: metadata)
  }

  private func log(_ context: ServerContext, _ outcome: CallOutcome) {
    let isOurFault = outcome.code.isServerFault
    let level: Logger.Level = isOurFault ? .error : .debug
    guard logger.logLevel <= level else { return }
    var metadata = Self.metadata(of: context.peer)
    metadata["service"] = "\(context.service)"
    metadata["method"] = "\(context.method)"
    metadata["status"] = "\(outcome.code)"
    metadata["duration_us"] = "\(outcome.duration.nanoseconds / 1000)"
    metadata["request_bytes"] = "\(outcome.requestBytes)"
    metadata["response_bytes"] = "\(outcome.responseBytes)"
    metadata["trace_id"] = "\(context.traceID)"
    if !outcome.message.isEmpty { metadata["reason"] = "\(outcome.message)" }
    if let cause = outcome.cause { metadata["error"] = "\(cause)" }
    logger.log(level: level, isOurFault ? "call failed" : "call ended", metadata: metadata)
  }

  /// Returns the code itself if it has a name, so a handler cannot make labels without end.
  private static func known(_ code: RPCCode) -> RPCCode {
    (0...16).contains(code.rawValue) ? code : .unknown
  }

  private static func metadata(of peer: PeerCredentials?) -> Logger.Metadata {
    guard let peer else { return [:] }
    return [
      "peer.uid": "\(peer.userID)", "peer.gid": "\(peer.groupID)", "peer.pid": "\(peer.processID)",
    ]
  }
}

extension Duration {
  /// The whole nanoseconds, at most 292 years.
  var nanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (whole, isOver) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    return isOver ? .max : whole + attoseconds / 1_000_000_000
  }
}
