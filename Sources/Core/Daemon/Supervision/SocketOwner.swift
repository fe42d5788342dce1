// Where the names of <sys/socket.h> come from.
private import CSystemd
private import Glibc

/// The process that listens on a Unix socket.
package struct SocketOwner: Sendable, Equatable {
  /// The process; it may have ended since it listened.
  package let processID: Int32
  /// The user that it ran as.
  package let userID: UInt32

  /// Returns who listens on a path, or nil if nobody does.
  ///
  /// Connects once and closes at once. The kernel tells who called `listen`; under socket
  /// activation that is systemd.
  package static func find(at path: String) -> SocketOwner? {
    var address = sockaddr_un()
    guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = socket(AF_UNIX, type | Int32(SOCK_NONBLOCK.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard result == 0 || errno == EAGAIN else { return nil }
    // struct ucred, which the C library shows to GNU sources only: process, user, group.
    var credentials: [UInt32] = [0, 0, 0]
    var length = socklen_t(credentials.count * MemoryLayout<UInt32>.stride)
    guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0 else {
      return SocketOwner(processID: 0, userID: 0)
    }
    return SocketOwner(processID: Int32(bitPattern: credentials[0]), userID: credentials[1])
  }
}

/// Returns the groups whose members may connect to the socket at a path, or to one of mode 0660
/// that would be made there.
func groupsAllowedToConnect(to path: String) -> Set<UInt32> {
  var status = stat()
  if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK {
    return status.st_mode & S_IWGRP != 0 ? [status.st_gid] : []
  }
  let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
  let inheritsGroup = stat(folder, &status) == 0 && status.st_mode & S_ISGID != 0
  return [inheritsGroup ? status.st_gid : getegid()]
}

/// Returns the path of a listening socket, or nil if it has none.
func pathOfSocket(_ descriptor: Int32) -> String? {
  var address = sockaddr_un()
  var length = socklen_t(MemoryLayout<sockaddr_un>.size)
  let code = withUnsafeMutablePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      getsockname(descriptor, $0, &length)
    }
  }
  guard code == 0 else { return nil }
  let path = withUnsafeBytes(of: &address.sun_path) { bytes in
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
  return path.isEmpty ? nil : path
}
