private import Glibc
internal import Logging
internal import Messages
internal import ServiceLifecycle
private import Synchronization
package import TTRPC
internal import UnixSignals

/// Reads the configuration again and applies what can change while serving.
///
/// The log level and the access rules change at once; every other key waits for a restart. A wrong
/// configuration changes nothing.
final class ConfigurationReloader: Sendable {
  private let current: Mutex<LoadedSettings>
  private let load: @Sendable () async throws(ConfigurationError) -> LoadedSettings
  private let threshold: LogThreshold
  private let applyAccess: @Sendable (AccessPolicy.Rules) -> Void
  private let notifier: SupervisorNotifier
  private let logger: Logger

  init(
    current: LoadedSettings,
    load: @escaping @Sendable () async throws(ConfigurationError) -> LoadedSettings,
    threshold: LogThreshold, applyAccess: @escaping @Sendable (AccessPolicy.Rules) -> Void,
    notifier: SupervisorNotifier, logger: Logger
  ) {
    self.current = Mutex(current)
    self.load = load
    self.threshold = threshold
    self.applyAccess = applyAccess
    self.notifier = notifier
    self.logger = logger
  }

  /// The settings that hold.
  var settings: LoadedSettings { current.withLock { $0 } }

  private static let changeable: Set<String> = [
    ConfigurationKey.logLevel.name, ConfigurationKey.allowedUsers.name,
    ConfigurationKey.allowedGroups.name,
  ]

  /// Reads, applies and says what changed.
  func reload() async throws(ConfigurationError) -> ReloadResponse {
    notifier.notify(.reloading(monotonicMicroseconds: monotonicMicroseconds()))
    defer { notifier.notify(.ready, .status("serving")) }
    let new = try await load()
    let old = current.withLock { settings in
      defer { settings = new }
      return settings
    }
    threshold.value = new.configuration.logLevel
    applyAccess(new.configuration.access)

    var response = ReloadResponse()
    for (before, after) in zip(old.effective, new.effective) where before != after {
      if Self.changeable.contains(after.name) {
        response.changed.append(after.message)
      } else if before.value != after.value {
        response.needsRestart.append(after.name)
      }
    }
    let changed = response.changed.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    logger.notice(
      "configuration reloaded",
      metadata: [
        "changed": "\(changed)",
        "needs_restart": "\(response.needsRestart.joined(separator: " "))",
      ])
    return response
  }

  private func monotonicMicroseconds() -> UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return UInt64(now.tv_sec) * 1_000_000 + UInt64(now.tv_nsec) / 1000
  }
}

/// Reloads the configuration on a signal.
struct ReloadOnSignal: Service {
  let signals: [UnixSignal]
  let reloader: ConfigurationReloader
  let logger: Logger

  func run() async throws {
    for await _ in await UnixSignalsSequence(trapping: signals).cancelOnGracefulShutdown() {
      do {
        _ = try await reloader.reload()
      } catch {
        logger.error("configuration not reloaded, keeping the old one", error: error)
      }
    }
  }
}

extension ConfigurationError: RPCErrorConvertible {
  package var rpcError: RPCError { RPCError(code: .failedPrecondition, message: description) }
}

extension EffectiveSetting {
  /// The setting as a message of the control service.
  var message: Setting {
    var message = Setting()
    message.key = name
    message.value = value
    message.origin =
      switch source {
      case .fallback: "default"
      case .file: "file"
      case .environment: "environment"
      case .flag: "flag"
      }
    return message
  }
}
