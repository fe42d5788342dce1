import NIOCore

#if canImport(Glibc)
  import Glibc
#endif

/// Who is at the other end of a Unix socket, as the kernel recorded it when the peer connected.
public struct PeerCredentials: Sendable, Hashable {
  /// The peer's process; only for logs, since the number may be in use by another process by now.
  public let processID: Int32
  /// The peer's effective user.
  public let userID: UInt32
  /// The peer's effective group.
  public let groupID: UInt32
  /// The peer's supplementary groups.
  public let supplementaryGroupIDs: [UInt32]

  /// Makes credentials from their parts.
  public init(
    processID: Int32, userID: UInt32, groupID: UInt32, supplementaryGroupIDs: [UInt32] = []
  ) {
    self.processID = processID
    self.userID = userID
    self.groupID = groupID
    self.supplementaryGroupIDs = supplementaryGroupIDs
  }
}

extension PeerCredentials {
  /// Reads the credentials of the peer of a connected socket; nil where the kernel has none.
  init?(descriptor: NIOBSDSocket.Handle) {
    // The C library declares `struct ucred` for GNU sources only: process, user, group.
    var credentials: (Int32, UInt32, UInt32) = (0, 0, 0)
    var length = socklen_t(MemoryLayout<(Int32, UInt32, UInt32)>.size)
    guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0 else {
      return nil
    }
    self.init(
      processID: credentials.0, userID: credentials.1, groupID: credentials.2,
      supplementaryGroupIDs: Self.groups(descriptor: descriptor))
  }

  private static func groups(descriptor: NIOBSDSocket.Handle) -> [UInt32] {
    let peerGroups: Int32 = 59  // SO_PEERGROUPS, which the C library's headers leave out
    var count = 32
    for _ in 0..<2 {
      var groups = [gid_t](repeating: 0, count: count)
      var length = socklen_t(count * MemoryLayout<gid_t>.stride)
      let result = getsockopt(descriptor, SOL_SOCKET, peerGroups, &groups, &length)
      let returned = Int(length) / MemoryLayout<gid_t>.stride
      if result == 0 { return Array(groups.prefix(returned)) }
      guard errno == ERANGE else { return [] }
      count = returned
    }
    return []
  }
}
