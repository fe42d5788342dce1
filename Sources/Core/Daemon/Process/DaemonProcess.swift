package import ArgumentParser
private import Foundation
private import Glibc
internal import Logging
internal import ServiceLifecycle
internal import TTRPC

/// Runs one daemon from reading its configuration to its last answer.
package enum DaemonProcess {
  /// Builds what is special about a daemon: its models and services.
  package typealias Build = @Sendable (DaemonEnvironment) async throws -> DaemonParts

  /// Runs a daemon until it is told to stop.
  ///
  /// The order is: configuration, socket, services (models are loaded), self-check, `READY=1`,
  /// serve; on SIGTERM or SIGINT `STOPPING=1`, health NOT_SERVING, answer what was read, return.
  ///
  /// - Parameters:
  ///   - name: encoder, ood, teacher, inference or judge; also the name of the socket.
  ///   - options: the command line.
  ///   - keys: the daemon's own configuration keys.
  ///   - host: the process that the daemon runs in.
  ///   - build: builds the daemon's parts.
  /// - Throws: an exit code, after the cause was logged: 78 for wrong configuration, 70 for a
  ///   failed self-check, 1 for everything else.
  package static func run(
    name: String, options: DaemonOptions, keys: [ConfigurationKey] = [],
    host: DaemonHost = .current, build: @escaping Build
  ) async throws(ExitCode) {
    // A peer that goes away while it is written to is an error of that write, not of the process.
    signal(SIGPIPE, SIG_IGN)
    let load = { @Sendable () async throws(ConfigurationError) -> LoadedSettings in
      try await LoadedSettings.load(daemon: name, options: options, keys: keys, host: host)
    }
    let settings: LoadedSettings
    do {
      settings = try await load()
    } catch {
      let logger = makeLogger(name, LogThreshold(.info), .auto, host)
      logger.critical("wrong configuration: \(error)")
      throw ExitCode(ConfigurationError.exitCode)
    }
    if options.printsConfiguration {
      for setting in settings.effective {
        print("\(setting.name) = \(setting.value)  # \(setting.source)")
      }
      return
    }
    let threshold = LogThreshold(settings.configuration.logLevel)
    let logger = makeLogger(name, threshold, settings.configuration.logFormat, host)
    do {
      let startup = DaemonStartup(
        settings: settings, load: load, host: host, threshold: threshold, logger: logger)
      try await startup.run(build: build)
    } catch {
      logger.critical("\(error)")
      host.notifier.notify(.status("failed: \(error)"))
      throw ExitCode((error as? StartFailure)?.exitCode ?? 1)
    }
  }

  private static func makeLogger(
    _ name: String, _ threshold: LogThreshold, _ format: DaemonConfiguration.LogFormat,
    _ host: DaemonHost
  ) -> Logger {
    Logger(label: "autodidact.\(name)") { _ in
      host.logHandler
        ?? DaemonLogHandler(
          identifier: "autodidact-\(name)",
          destination: logDestination(format: format, environment: host.environment),
          threshold: threshold)
    }
  }
}
