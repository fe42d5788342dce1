internal import Logging
internal import Messages
internal import ServiceLifecycle
internal import TTRPC

/// Serves calls on one listening socket until the daemon is asked to stop, then drains.
struct DaemonServer: Service {
  let server: TTRPCServer
  let listener: ListeningSocket
  let serviceNames: [String]
  let health: HealthRegistry
  let notifier: SupervisorNotifier
  let drain: Duration
  let logger: Logger

  /// Listens, says that the daemon is ready, answers calls; returns when all are answered.
  func run() async throws {
    try await withGracefulShutdownHandler {
      // Before the first accept: a caller that waited in an activated socket's queue asks at once.
      for name in serviceNames + [""] { health.report(.serving, for: name) }
      try await server.run(listening: [listener]) {
        notifier.notify(.ready, .status("serving"))
        logger.info("serving", metadata: ["services": "\(serviceNames.joined(separator: " "))"])
      }
    } onGracefulShutdown: {
      notifier.notify(.stopping, .status("draining: answering the calls that run"))
      logger.info("stopping, answering the calls that run")
      health.shutDown()
      server.beginGracefulShutdown(deadline: drain)
    }
    logger.info("stopped, every call that was read is answered")
  }
}
