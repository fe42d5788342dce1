private import Foundation
private import Glibc
internal import Logging
internal import Messages
internal import ServiceLifecycle
internal import TTRPC

/// Takes a configured daemon from nothing to serving and back.
struct DaemonStartup: Sendable {
  let settings: LoadedSettings
  let load: @Sendable () async throws(ConfigurationError) -> LoadedSettings
  let host: DaemonHost
  let threshold: LogThreshold
  let logger: Logger

  /// Where the daemon listens.
  private struct Socket: Sendable {
    let listening: ListeningSocket
    let path: String?
  }

  private var configuration: DaemonConfiguration { settings.configuration }

  func run(build: @escaping DaemonProcess.Build) async throws {
    logSettings()
    let socket = try findSocket()
    try makeDirectory(configuration.stateDirectory, permissions: 0o700)
    let environment = DaemonEnvironment(
      configuration: configuration, settings: settings.reader, logger: logger,
      metrics: MetricsRegistry(), health: HealthRegistry(), notifier: host.notifier)
    let parts = try await starting { try await checkedParts(environment, build) }
    let group = ServiceGroup(
      configuration: groupConfiguration(services(environment, parts, socket)))
    try await group.run()
    try await parts.close?()
  }

  /// Returns the parts of the process.
  ///
  /// They end in the reverse order: first the server, whose calls need the
  /// others, last the watchdog, which watches over the drain too.
  private func services(
    _ environment: DaemonEnvironment, _ parts: DaemonParts, _ socket: Socket
  ) -> [any Service] {
    let gate = AccessGate(policy: policy(configuration.access, socket))
    let reloader = ConfigurationReloader(
      current: settings, load: load, threshold: threshold,
      applyAccess: { gate.replacePolicy(policy($0, socket)) },
      notifier: host.notifier, logger: logger)
    let started = Date().timeIntervalSince1970
    let process = ProcessMetrics(
      daemon: configuration.daemon, stateDirectory: configuration.stateDirectory,
      startSeconds: started, metrics: environment.metrics)
    let names = parts.services.map { $0.name }
    let control = ControlService(
      description: { describe(reloader.settings, parts, started: started) },
      families: {
        process.refresh()
        parts.refreshMetrics?()
        return environment.metrics.snapshot()
      },
      reloading: { try await reloader.reload() })
    let all =
      parts.services + HealthService(registry: environment.health).rpcServices
      + [control.rpcService]
    let server = TTRPCServer(
      configuration: serverConfiguration(all, gate, environment.metrics), services: all)
    let reload: (any Service)? =
      host.reloadSignals.isEmpty
      ? nil : ReloadOnSignal(signals: host.reloadSignals, reloader: reloader, logger: logger)
    return [watchdog(server, parts), reload].compactMap { $0 } + parts.background + [
      DaemonServer(
        server: server, listener: socket.listening, serviceNames: names,
        health: environment.health, notifier: host.notifier, drain: configuration.drain,
        logger: logger)
    ]
  }

  private func groupConfiguration(_ services: [any Service]) -> ServiceGroupConfiguration {
    var group = ServiceGroupConfiguration(
      services: services, gracefulShutdownSignals: host.stopSignals, logger: logger)
    group.maximumGracefulShutdownDuration = configuration.drain + .seconds(5)
    group.maximumCancellationDuration = .seconds(5)
    return group
  }

  private func serverConfiguration(
    _ services: [RPCService], _ gate: AccessGate, _ metrics: MetricsRegistry
  ) -> ServerConfiguration {
    var server = ServerConfiguration(traceSeed: .random(in: .min ... .max))
    server.limits.connectionCountMax = configuration.limits.connectionCount
    server.limits.connectionCallCountMax = configuration.limits.connectionCallCount
    server.limits.callCountMax = configuration.limits.callCount
    server.limits.requestBytesMax = configuration.limits.requestBytes
    server.authorize = { peer, _, _ in try gate.authorize(peer) }
    server.observer = CallRecorder(
      daemon: configuration.daemon, services: services, metrics: metrics, logger: logger)
    return server
  }

  private func policy(_ rules: AccessPolicy.Rules, _ socket: Socket) -> AccessPolicy {
    AccessPolicy(
      rules: rules, ownUserID: host.userID,
      socketGroupIDs: socket.path.map { groupsAllowedToConnect(to: $0) } ?? [])
  }

  private func watchdog(_ server: TTRPCServer, _ parts: DaemonParts) -> (any Service)? {
    guard configuration.isWatchdogEnabled,
      let timeout = watchdogTimeout(environment: host.environment, processID: host.processID)
    else { return nil }
    let probe = WorkProbe(name: "event loop") { try await server.probe() }
    return Watchdog(
      timeout: timeout, probes: [probe] + parts.probes, notifier: host.notifier, logger: logger,
      clock: ContinuousClock())
  }

  private func describe(
    _ settings: LoadedSettings, _ parts: DaemonParts, started: Double
  ) -> DescribeResponse {
    var response = DescribeResponse()
    response.daemon = configuration.daemon
    response.version = suiteVersion
    response.services = parts.services.map { $0.name }
    response.kernelPath = parts.kernelPath
    response.blasCore = parts.blasCore
    response.threadCount = UInt32(configuration.threadCount)
    response.processID = Int64(host.processID)
    response.startedUnixNanoseconds = Int64(started * 1e9)
    response.messageBytesMax = UInt64(configuration.limits.requestBytes)
    response.concurrentCallsMax = UInt32(configuration.limits.callCount)
    response.settings = settings.effective.map { $0.message }
    return response
  }
}

extension DaemonStartup {
  private func logSettings() {
    for (variable, nearest) in misspeltVariables(in: host.environment, keys: settings.keys) {
      logger.warning(
        "unknown environment variable, proceeding without it",
        metadata: ["variable": "\(variable)", "nearest": "\(nearest)"])
    }
    for setting in settings.effective {
      logger.debug(
        "configuration",
        metadata: [
          "key": "\(setting.name)", "value": "\(setting.value)", "source": "\(setting.source)",
        ])
    }
  }

  /// Returns where to listen: on systemd's socket, or at a path that nobody serves yet.
  private func findSocket() throws -> Socket {
    let passed = try SocketActivation.passed(
      environment: host.environment, processID: host.processID,
      firstDescriptor: host.firstDescriptor)
    if let descriptor = try SocketActivation.descriptor(named: configuration.daemon, among: passed)
    {
      logger.info("taking over the socket that systemd passed")
      return Socket(listening: .descriptor(descriptor), path: pathOfSocket(descriptor))
    }
    let path = configuration.socketPath
    if let owner = SocketOwner.find(at: path) {
      throw StartFailure.alreadyServed(path: path, owner: owner)
    }
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
      try makeDirectory(String(path[..<slash]), permissions: 0o755)
    }
    logger.info("listening once ready", metadata: ["socket": "\(path)"])
    return Socket(listening: .path(path, mode: 0o660), path: path)
  }

  private func makeDirectory(_ path: String, permissions: Int) throws {
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true,
      attributes: [.posixPermissions: permissions])
  }

  private func checkedParts(
    _ environment: DaemonEnvironment, _ build: DaemonProcess.Build
  ) async throws -> DaemonParts {
    host.notifier.notify(.status("starting"))
    let parts = try await build(environment)
    if let selfCheck = parts.selfCheck {
      host.notifier.notify(.status("checking its own results"))
      do {
        try await selfCheck()
      } catch {
        throw StartFailure.selfCheck(cause: error)
      }
    }
    return parts
  }

  /// Runs `body` and tells the supervisor every ten seconds, at most ten minutes long, that
  /// starting takes longer.
  private func starting(
    _ body: @escaping @Sendable () async throws -> DaemonParts
  ) async throws -> DaemonParts {
    try await withThrowingTaskGroup(of: DaemonParts?.self) { group in
      group.addTask { try await body() }
      group.addTask {
        for _ in 0..<60 {
          host.notifier.notify(.extendTimeout(microseconds: 30_000_000))
          // ignoring: cancellation, which means that the daemon has started.
          try? await Task.sleep(for: .seconds(10))
          if Task.isCancelled { break }
        }
        return nil
      }
      defer { group.cancelAll() }
      while let result = try await group.next() {
        if let result { return result }
      }
      preconditionFailure("the group has a child that returns parts")
    }
  }
}
