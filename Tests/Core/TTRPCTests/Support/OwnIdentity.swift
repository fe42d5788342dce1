import Glibc

/// This process and its user, as the `Peer` method prints them.
var ownIdentity: String { "\(getpid()) \(geteuid())" }
