package import TTRPC

/// Decides which peers of a Unix socket may call.
///
/// The kernel says who connected (`SO_PEERCRED`, `SO_PEERGROUPS`). A peer may call if its user is
/// allowed or if one of its groups is; without rules, root, the daemon's own user and the members
/// of the socket's group may. Pure: it asks nobody.
package struct AccessPolicy: Sendable, Equatable {
  /// The configured lists; nil where nothing is configured.
  package struct Rules: Sendable, Equatable {
    /// The users that may call.
    package var users: Set<UInt32>?
    /// The groups whose members may call.
    package var groups: Set<UInt32>?

    /// Creates rules.
    package init(users: Set<UInt32>? = nil, groups: Set<UInt32>? = nil) {
      self.users = users
      self.groups = groups
    }
  }

  /// The users that may call.
  package let users: Set<UInt32>
  /// The groups whose members may call.
  package let groups: Set<UInt32>

  /// Creates the policy that the rules and the defaults give.
  ///
  /// - Parameters:
  ///   - rules: what is configured.
  ///   - ownUserID: the daemon's user.
  ///   - socketGroupIDs: the groups that may write to the sockets.
  package init(rules: Rules, ownUserID: UInt32, socketGroupIDs: Set<UInt32>) {
    users = rules.users ?? [0, ownUserID]
    groups = rules.groups ?? (rules.users == nil ? socketGroupIDs : [])
  }

  /// Returns whether a peer may call.
  package func allows(_ peer: PeerCredentials) -> Bool {
    users.contains(peer.userID) || groups.contains(peer.groupID)
      || peer.supplementaryGroupIDs.contains { groups.contains($0) }
  }
}
