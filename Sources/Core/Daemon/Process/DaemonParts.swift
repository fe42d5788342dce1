package import Logging
package import ServiceLifecycle
package import TTRPC

/// What a daemon is built from, given to the code that builds its services.
package struct DaemonEnvironment: Sendable {
  /// The settings that all daemons share.
  package let configuration: DaemonConfiguration
  /// The sources, for the daemon's own keys.
  package let settings: ConfigurationReader
  /// Where to log.
  package let logger: Logger
  /// Where to count.
  package let metrics: MetricsRegistry
  /// Where to report that a service can or cannot work; all can once the daemon serves.
  package let health: HealthRegistry

  let notifier: SupervisorNotifier

  /// Says in one line what the daemon does now, for `systemctl status` and the log.
  package func report(_ status: String) {
    notifier.notify(.status(status))
    logger.info("\(status)")
  }
}

/// What a daemon consists of besides the parts that all daemons have.
package struct DaemonParts: Sendable {
  /// The services on the socket.
  package var services: [RPCService]
  /// Long-lived parts that run beside the server, for example a batch former; they end after the
  /// last call was answered.
  package var background: [any Service] = []
  /// Parts that have to answer before each sign of life, for example the compute executor.
  package var probes: [WorkProbe] = []
  /// Checks that the daemon computes what it should; nothing is served if it throws.
  package var selfCheck: (@Sendable () async throws -> Void)?
  /// Closes what must not wait for the end of the process, for example a database; called after the
  /// last call was answered.
  package var close: (@Sendable () async throws -> Void)?
  /// Sets gauges that are only worth knowing when somebody reads the metrics.
  package var refreshMetrics: (@Sendable () -> Void)?
  /// The kernels in use: portable, avx2 or avx512.
  package var kernelPath = ""
  /// The processor kernel that OpenBLAS chose.
  package var blasCore = ""

  /// Creates parts with services alone.
  package init(services: [RPCService]) {
    self.services = services
  }
}

/// Why a daemon does not serve although its configuration is right.
package enum StartFailure: Error {
  /// The self-check found a wrong result.
  case selfCheck(cause: any Error)

  /// Another process serves the socket.
  case alreadyServed(path: String, owner: SocketOwner)

  /// The exit code for a failed self-check (`EX_SOFTWARE`); starting again would not help.
  package static let selfCheckExitCode: Int32 = 70

  /// The code with which the process exits.
  package var exitCode: Int32 {
    switch self {
    case .selfCheck: Self.selfCheckExitCode
    case .alreadyServed: 1
    }
  }
}

extension StartFailure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .selfCheck(let cause): "the self-check failed, refusing to serve: \(cause)"
    case .alreadyServed(let path, let owner):
      "\(path) is already served by process \(owner.processID) of user "
        + userName(of: owner.userID)
    }
  }
}
