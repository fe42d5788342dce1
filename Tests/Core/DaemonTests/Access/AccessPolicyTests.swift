import TTRPC
import Testing

@testable import Daemon

@Suite struct AccessPolicyTests {
  private func peer(user: UInt32, group: UInt32 = 900, others: [UInt32] = []) -> PeerCredentials {
    PeerCredentials(processID: 1, userID: user, groupID: group, supplementaryGroupIDs: others)
  }

  @Test func `without rules root, the own user and the socket's group may call`() {
    let policy = AccessPolicy(rules: .init(), ownUserID: 100, socketGroupIDs: [50])
    #expect(policy.allows(peer(user: 0)))
    #expect(policy.allows(peer(user: 100)))
    #expect(policy.allows(peer(user: 5, group: 50)))
    #expect(policy.allows(peer(user: 5, others: [1, 50])))
    #expect(!policy.allows(peer(user: 5)))
  }

  @Test func `a list of users replaces the defaults, the own user and groups included`() {
    let policy = AccessPolicy(rules: .init(users: [7]), ownUserID: 100, socketGroupIDs: [50])
    #expect(policy.allows(peer(user: 7)))
    #expect(!policy.allows(peer(user: 100)))
    #expect(!policy.allows(peer(user: 0)))
    #expect(!policy.allows(peer(user: 5, group: 50)))
  }

  @Test func `a list of groups replaces the socket's group only`() {
    let policy = AccessPolicy(rules: .init(groups: [60]), ownUserID: 100, socketGroupIDs: [50])
    #expect(policy.allows(peer(user: 5, group: 60)))
    #expect(policy.allows(peer(user: 100)))
    #expect(!policy.allows(peer(user: 5, group: 50)))
  }

  @Test func `the gate refuses with the peer's user and follows a new policy`() {
    let gate = AccessGate(
      policy: AccessPolicy(rules: .init(users: [7]), ownUserID: 1, socketGroupIDs: []))
    let error = #expect(throws: RPCError.self) { try gate.authorize(peer(user: 8)) }
    #expect(error?.code == .permissionDenied)
    #expect(error?.message.contains("user 8") == true)
    gate.replacePolicy(
      AccessPolicy(rules: .init(users: [8]), ownUserID: 1, socketGroupIDs: []))
    #expect(throws: Never.self) { try gate.authorize(peer(user: 8)) }
    #expect(throws: RPCError.self) { try gate.authorize(nil) }
  }
}

@Suite struct AccountsTests {
  @Test func `root is known by name and by number`() {
    #expect(userID(named: "root") == 0)
    #expect(groupID(named: "root") == 0)
    #expect(userName(of: 0) == "root")
    #expect(groupName(of: 0) == "root")
  }

  @Test func `an account that is not there is nil or its number`() {
    #expect(userID(named: "no-such-user-here") == nil)
    #expect(groupID(named: "no-such-group-here") == nil)
    #expect(userName(of: 4_000_000_001) == "4000000001")
    #expect(groupName(of: 4_000_000_001) == "4000000001")
  }
}
