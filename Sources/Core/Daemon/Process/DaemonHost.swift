private import Foundation
private import Glibc
package import Logging
package import UnixSignals

/// The process that a daemon runs in: everything that it would otherwise read from global state.
package struct DaemonHost: Sendable {
  /// The variables of the process.
  package var environment: [String: String]
  /// The process.
  package var processID: Int32
  /// The effective user.
  package var userID: UInt32
  /// Default paths, processors and accounts.
  package var facts: HostFacts
  /// The supervisor.
  package var notifier: SupervisorNotifier
  /// The first descriptor that a supervisor passes.
  package var firstDescriptor = SocketActivation.firstDescriptor
  /// The signals that start a drain.
  package var stopSignals: [UnixSignal]
  /// The signals that reload the configuration.
  package var reloadSignals: [UnixSignal]
  /// Where logs go instead of where the configuration says, for tests.
  package var logHandler: (any LogHandler)?

  /// Creates a host from its parts.
  package init(
    environment: [String: String], processID: Int32, userID: UInt32, facts: HostFacts,
    notifier: SupervisorNotifier, stopSignals: [UnixSignal], reloadSignals: [UnixSignal],
    logHandler: (any LogHandler)? = nil
  ) {
    self.environment = environment
    self.processID = processID
    self.userID = userID
    self.facts = facts
    self.notifier = notifier
    self.stopSignals = stopSignals
    self.reloadSignals = reloadSignals
    self.logHandler = logHandler
  }

  /// The real process.
  package static var current: DaemonHost {
    let environment = ProcessInfo.processInfo.environment
    let paths = HostPaths(
      environment: environment, userID: geteuid(), processID: getpid()
    ) { path in
      var isDirectory: ObjCBool = false
      return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
        && isDirectory.boolValue
    }
    let facts = HostFacts(
      paths: paths, processorCount: max(1, ProcessInfo.processInfo.activeProcessorCount),
      userID: { Daemon.userID(named: $0) }, groupID: { Daemon.groupID(named: $0) })
    return DaemonHost(
      environment: environment, processID: getpid(), userID: geteuid(), facts: facts,
      notifier: .systemd, stopSignals: [.sigterm, .sigint], reloadSignals: [.sighup])
  }
}
