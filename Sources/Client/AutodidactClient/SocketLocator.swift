private import Glibc

/// Finds the sockets of the daemons on this host.
///
/// `AUTODIDACT_RUNTIME_DIR` decides alone where it is set. Else the first folder counts in which
/// the daemon's socket is: `$XDG_RUNTIME_DIR/autodidact` (daemons of this user),
/// `/run/autodidact` (daemons of the system), `/tmp/autodidact-<uid>`.
public struct SocketLocator: Sendable {
  /// The folders that are looked at, in order; at least one.
  public let folders: [String]
  private let fileExists: @Sendable (String) -> Bool

  /// Creates a locator for one environment.
  ///
  /// - Parameters:
  ///   - environment: the variables of the process.
  ///   - userID: the effective user.
  ///   - fileExists: whether a path exists.
  public init(
    environment: [String: String], userID: UInt32,
    fileExists: @escaping @Sendable (String) -> Bool
  ) {
    self.fileExists = fileExists
    if let folder = environment["AUTODIDACT_RUNTIME_DIR"], !folder.isEmpty {
      folders = [folder]
      return
    }
    var found: [String] = []
    if let folder = environment["XDG_RUNTIME_DIR"], !folder.isEmpty {
      found.append("\(folder)/autodidact")
    }
    folders = found + ["/run/autodidact", "/tmp/autodidact-\(userID)"]
  }

  /// The locator for this process.
  public static var current: SocketLocator {
    var environment: [String: String] = [:]
    for name in ["AUTODIDACT_RUNTIME_DIR", "XDG_RUNTIME_DIR"] {
      if let value = getenv(name) { environment[name] = String(cString: value) }
    }
    return SocketLocator(environment: environment, userID: geteuid()) { path in
      access(path, F_OK) == 0
    }
  }

  /// The path of a daemon's socket.
  ///
  /// Where there is none yet, the first folder's: a daemon that starts later may be there.
  public func path(of daemon: DaemonName) -> String {
    let paths = folders.map { "\($0)/\(daemon.rawValue).sock" }
    return paths.first { fileExists($0) } ?? paths[0]
  }
}
