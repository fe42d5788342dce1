private import Synchronization
package import TTRPC

/// Refuses calls of peers that the policy does not allow; the policy can change while serving.
package final class AccessGate: Sendable {
  private let policy: Mutex<AccessPolicy>

  /// Creates a gate with a policy.
  package init(policy: AccessPolicy) {
    self.policy = Mutex(policy)
  }

  /// Replaces the policy; calls that run already go on.
  package func replacePolicy(_ new: AccessPolicy) {
    policy.withLock { $0 = new }
  }

  /// Throws PERMISSION_DENIED if a peer may not call.
  package func authorize(_ peer: PeerCredentials?) throws(RPCError) {
    guard let peer else {
      throw RPCError(
        code: .unauthenticated, message: "the kernel does not say who is at the other end")
    }
    guard policy.withLock({ $0.allows(peer) }) else {
      throw RPCError(
        code: .permissionDenied,
        message: "user \(peer.userID) is neither allowed nor in an allowed group")
    }
  }
}
