import AutodidactClient
import Testing

@Suite struct SocketLocatorTests {
  @Test func `the variable decides alone`() {
    let locator = SocketLocator(
      environment: ["AUTODIDACT_RUNTIME_DIR": "/a", "XDG_RUNTIME_DIR": "/b"], userID: 7
    ) { $0.hasPrefix("/b") }
    #expect(locator.folders == ["/a"])
    #expect(locator.path(of: .encoder) == "/a/encoder.sock")
  }

  @Test func `the first folder with the socket counts`() {
    let locator = SocketLocator(environment: ["XDG_RUNTIME_DIR": "/b"], userID: 7) {
      $0 == "/run/autodidact/ood.sock" || $0 == "/tmp/autodidact-7/teacher.sock"
    }
    #expect(locator.folders == ["/b/autodidact", "/run/autodidact", "/tmp/autodidact-7"])
    #expect(locator.path(of: .ood) == "/run/autodidact/ood.sock")
    #expect(locator.path(of: .teacher) == "/tmp/autodidact-7/teacher.sock")
    #expect(locator.path(of: .judge) == "/b/autodidact/judge.sock")
  }

  @Test func `an empty variable is no variable`() {
    let environment = ["AUTODIDACT_RUNTIME_DIR": "", "XDG_RUNTIME_DIR": ""]
    let locator = SocketLocator(environment: environment, userID: 0) { _ in false }
    #expect(locator.folders == ["/run/autodidact", "/tmp/autodidact-0"])
  }

  @Test func `every daemon has its service and its unit`() {
    #expect(DaemonName.allCases.map { $0.executableName }.contains("autodidact-encoder"))
    #expect(DaemonName.ood.serviceName == "autodidact.v1.OODDetector")
    #expect(Set(DaemonName.allCases.map { $0.serviceName }).count == 5)
  }
}
