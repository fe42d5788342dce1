import Glibc
import Testing

@testable import Daemon

@Suite struct SupervisorNotifierTests {
  @Test func `messages are lines of the protocol`() {
    #expect(SupervisorNotifier.line(of: .ready) == "READY=1")
    #expect(SupervisorNotifier.line(of: .stopping) == "STOPPING=1")
    #expect(SupervisorNotifier.line(of: .watchdog) == "WATCHDOG=1")
    #expect(SupervisorNotifier.line(of: .status("a\nREADY=1")) == "STATUS=a READY=1")
    #expect(
      SupervisorNotifier.line(of: .extendTimeout(microseconds: 5)) == "EXTEND_TIMEOUT_USEC=5")
    #expect(
      SupervisorNotifier.line(of: .reloading(monotonicMicroseconds: 7))
        == "RELOADING=1\nMONOTONIC_USEC=7")
  }

  @Test func `systemd's socket receives one datagram`() async {
    // In a process of its own: the socket's path is in the environment.
    await #expect(processExitsWith: .success) {
      let receiver = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      let path = "/tmp/autodidact-notify-\(getpid())"
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
      let bound = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(receiver, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
      precondition(bound == 0, "bind \(path)")
      setenv("NOTIFY_SOCKET", path, 1)
      SupervisorNotifier.systemd.notify(.ready, .status("serving"))
      var buffer = [UInt8](repeating: 0, count: 256)
      let count = recv(receiver, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      unlink(path)
      let text = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
      precondition(text == "READY=1\nSTATUS=serving", "received \(text)")
    }
  }
}
