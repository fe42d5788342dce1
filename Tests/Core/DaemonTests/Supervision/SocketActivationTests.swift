import Glibc
import TestSupport
import Testing

@testable import Daemon

@Suite struct SocketActivationTests {
  @Test func `sockets are found by name whatever their order`() throws {
    let environment = ["LISTEN_PID": "9", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "admin:encoder"]
    let passed = try SocketActivation.passed(environment: environment, processID: 9)
    #expect(passed.map { $0.name } == ["admin", "encoder"])
    #expect(passed.map { $0.descriptor } == [3, 4])
  }

  @Test(arguments: [
    [:], ["LISTEN_FDS": "1"], ["LISTEN_PID": "8", "LISTEN_FDS": "1"],
    ["LISTEN_PID": "9", "LISTEN_FDS": "0"],
  ])
  func `descriptors for another process are not ours`(environment: [String: String]) throws {
    #expect(try SocketActivation.passed(environment: environment, processID: 9) == [])
  }

  @Test func `a count that is no count is refused`() {
    #expect(throws: SocketActivation.Failure.invalidCount("x")) {
      try SocketActivation.passed(
        environment: ["LISTEN_PID": "9", "LISTEN_FDS": "x"], processID: 9)
    }
    #expect(throws: SocketActivation.Failure.nameCountMismatch(names: 1, descriptors: 2)) {
      try SocketActivation.passed(
        environment: ["LISTEN_PID": "9", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "a"], processID: 9)
    }
  }

  @Test func `a listening Unix socket is taken and closed on exec`() throws {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    // An empty path lets the kernel choose an abstract name.
    let bound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sa_family_t>.size))
      }
    }
    #expect(bound == 0)
    let passed = [SocketActivation.Passed(name: "encoder", descriptor: descriptor)]
    #expect(
      throws: SocketActivation.Failure.notListening(name: "encoder", descriptor: descriptor)
    ) {
      try SocketActivation.descriptor(named: "encoder", among: passed)
    }
    #expect(listen(descriptor, 1) == 0)
    #expect(try SocketActivation.descriptor(named: "encoder", among: passed) == descriptor)
    #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
  }

  @Test func `a socket of another name is refused, not taken by position`() {
    let passed = [SocketActivation.Passed(name: "ood", descriptor: 0)]
    #expect(
      throws: SocketActivation.Failure.missingName(wanted: "encoder", passed: ["ood"])
    ) {
      try SocketActivation.descriptor(named: "encoder", among: passed)
    }
  }

  @Test func `two sockets of one name are refused`() {
    let passed = [
      SocketActivation.Passed(name: "encoder", descriptor: 0),
      SocketActivation.Passed(name: "encoder", descriptor: 1),
    ]
    #expect(throws: SocketActivation.Failure.duplicateName("encoder")) {
      try SocketActivation.descriptor(named: "encoder", among: passed)
    }
  }

  @Test func `a descriptor that is no socket is refused`() {
    var pipes: [Int32] = [0, 0]
    #expect(pipe(&pipes) == 0)
    defer { pipes.forEach { _ = close($0) } }
    let passed = [SocketActivation.Passed(name: "encoder", descriptor: pipes[0])]
    #expect(
      throws: SocketActivation.Failure.notListening(name: "encoder", descriptor: pipes[0])
    ) {
      try SocketActivation.descriptor(named: "encoder", among: passed)
    }
  }

  @Test func `nothing passed means nothing found`() throws {
    #expect(try SocketActivation.descriptor(named: "encoder", among: []) == nil)
  }
}
