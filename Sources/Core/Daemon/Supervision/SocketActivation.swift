private import CSystemd
private import Glibc

/// Finds the listening sockets that systemd passed, by name.
///
/// systemd passes descriptors from number 3 on (`LISTEN_FDS`), for the process `LISTEN_PID` alone,
/// with a name for each (`LISTEN_FDNAMES`, from `FileDescriptorName=`). Their order is not that of
/// the unit, so only names count.
package struct SocketActivation: Sendable {
  /// What is wrong with the descriptors that were passed.
  package enum Failure: Error, Equatable {
    /// `LISTEN_FDS` is no number from 0 to 1024.
    case invalidCount(String)
    /// There is not one name for each descriptor.
    case nameCountMismatch(names: Int, descriptors: Int)
    /// None of the passed sockets has the wanted name.
    case missingName(wanted: String, passed: [String])
    /// Two sockets have the same name.
    case duplicateName(String)
    /// The descriptor is not a listening Unix stream socket.
    case notListening(name: String, descriptor: Int32)
  }

  /// A descriptor with its name.
  package struct Passed: Sendable, Equatable {
    /// The name that the socket unit gives.
    package let name: String
    /// The descriptor.
    package let descriptor: Int32
  }

  /// The first descriptor that systemd passes.
  package static let firstDescriptor: Int32 = 3

  /// Returns the descriptors that the environment tells about; none if they are for another
  /// process.
  package static func passed(
    environment: [String: String], processID: Int32, firstDescriptor: Int32 = firstDescriptor
  ) throws(Failure) -> [Passed] {
    guard environment["LISTEN_PID"] == "\(processID)", let countText = environment["LISTEN_FDS"]
    else { return [] }
    guard let count = Int32(countText), (0...1024).contains(count) else {
      throw .invalidCount(countText)
    }
    guard count > 0 else { return [] }
    let names = (environment["LISTEN_FDNAMES"] ?? "")
      .split(separator: ":", omittingEmptySubsequences: false).map { String($0) }
    guard names.count == count else {
      throw .nameCountMismatch(names: names.count, descriptors: Int(count))
    }
    return names.enumerated().map { index, name in
      Passed(name: name, descriptor: firstDescriptor + Int32(index))
    }
  }

  /// Returns the one passed descriptor of a name, checked and closed on `exec`; nil if none was
  /// passed at all.
  package static func descriptor(
    named name: String, among passed: [Passed]
  ) throws(Failure) -> Int32? {
    guard !passed.isEmpty else { return nil }
    let matching = passed.filter { $0.name == name }
    guard let match = matching.first else {
      throw .missingName(wanted: name, passed: passed.map { $0.name })
    }
    guard matching.count == 1 else { throw .duplicateName(name) }
    guard sd_is_socket_unix(match.descriptor, Int32(SOCK_STREAM.rawValue), 1, nil, 0) > 0 else {
      throw .notListening(name: name, descriptor: match.descriptor)
    }
    _ = fcntl(match.descriptor, F_SETFD, FD_CLOEXEC)
    return match.descriptor
  }
}

extension SocketActivation.Failure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .invalidCount(let text):
      "LISTEN_FDS is \"\(text)\", expected a number from 0 to 1024"
    case .nameCountMismatch(let names, let descriptors):
      "LISTEN_FDNAMES has \(names) names for \(descriptors) descriptors"
    case .missingName(let wanted, let passed):
      "systemd passed the sockets \(passed.joined(separator: ", ")), but none named \"\(wanted)\"; "
        + "set FileDescriptorName=\(wanted) in the socket unit"
    case .duplicateName(let name):
      "systemd passed two sockets named \"\(name)\""
    case .notListening(let name, let descriptor):
      "descriptor \(descriptor), named \"\(name)\", is not a listening Unix stream socket"
    }
  }
}
