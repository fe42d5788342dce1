import Logging
import Testing

@testable import Daemon

@Suite struct HostPathsTests {
  private func paths(
    _ environment: [String: String], folders: Set<String> = []
  ) -> HostPaths {
    HostPaths(
      environment: environment, userID: 1000, processID: 42,
      directoryExists: { folders.contains($0) })
  }

  @Test(arguments: [
    (["AUTODIDACT_RUNTIME_DIR": "/r", "XDG_RUNTIME_DIR": "/run/user/1000"], "/r/encoder.sock"),
    (["SYSTEMD_EXEC_PID": "42"], "/run/autodidact/encoder.sock"),
    (["SYSTEMD_EXEC_PID": "7"], "/tmp/autodidact-1000/encoder.sock"),
    (["XDG_RUNTIME_DIR": "/run/user/1000"], "/run/user/1000/autodidact/encoder.sock"),
    (
      ["XDG_RUNTIME_DIR": "/run/user/1000", "SYSTEMD_EXEC_PID": "42"],
      "/run/user/1000/autodidact/encoder.sock"
    ),
    ([:], "/tmp/autodidact-1000/encoder.sock"),
    (["AUTODIDACT_RUNTIME_DIR": ""], "/tmp/autodidact-1000/encoder.sock"),
  ])
  func `the socket is in the first folder that the environment names`(
    environment: [String: String], path: String
  ) {
    #expect(paths(environment).socketPath(of: "encoder") == path)
  }

  @Test(arguments: [
    (["AUTODIDACT_STATE_DIR": "/s", "STATE_DIRECTORY": "/t"], "/s/ood"),
    (["STATE_DIRECTORY": "/var/lib/autodidact/ood:/other"], "/var/lib/autodidact/ood"),
    (["XDG_STATE_HOME": "/x", "HOME": "/h"], "/x/autodidact/ood"),
    (["HOME": "/h"], "/h/.local/state/autodidact/ood"),
  ])
  func `the state has a folder for each daemon`(environment: [String: String], path: String) {
    #expect(paths(environment).stateDirectory(of: "ood") == path)
  }

  @Test func `the models of the host come before those of the user`() {
    let host = "/var/lib/autodidact/models"
    #expect(paths(["HOME": "/h"], folders: [host]).modelsDirectory == host)
    #expect(paths(["HOME": "/h"]).modelsDirectory == "/h/.local/share/autodidact/models")
    #expect(
      paths(["XDG_DATA_HOME": "/d"]).modelsDirectory == "/d/autodidact/models")
    #expect(
      paths(["AUTODIDACT_MODELS_DIR": "/m"], folders: [host]).modelsDirectory == "/m")
  }
}

@Suite struct DaemonConfigurationTests {
  private func configuration(
    _ flags: [String: String], environment: [String: String] = ["HOME": "/h"]
  ) throws -> DaemonConfiguration {
    let reader = try ConfigurationReader(
      keys: ConfigurationKey.shared, file: nil, environment: environment, flags: flags)
    let paths = HostPaths(
      environment: environment, userID: 1000, processID: 1, directoryExists: { _ in false })
    let facts = HostFacts(
      paths: paths, processorCount: 3, userID: { $0 == "ann" ? 7 : nil },
      groupID: { $0 == "staff" ? 8 : nil })
    return try DaemonConfiguration(daemon: "encoder", reader: reader, host: facts)
  }

  @Test func `the defaults come from the host`() throws {
    let configuration = try configuration([:])
    #expect(configuration.socketPath == "/tmp/autodidact-1000/encoder.sock")
    #expect(configuration.stateDirectory == "/h/.local/state/autodidact/encoder")
    #expect(configuration.threadCount == 3)
    #expect(configuration.kernelPath == .auto)
    #expect(configuration.access == AccessPolicy.Rules())
    #expect(configuration.limits == DaemonConfiguration.Limits())
    #expect(configuration.drain == .seconds(25))
    #expect(configuration.logLevel == .info)
    #expect(configuration.isWatchdogEnabled)
  }

  @Test func `the socket follows the runtime folder unless it is set itself`() throws {
    #expect(try configuration(["runtime.dir": "/r"]).socketPath == "/r/encoder.sock")
    let both = ["runtime.dir": "/r", "socket.path": "/s/e.sock"]
    #expect(try configuration(both).socketPath == "/s/e.sock")
  }

  @Test func `accounts are numbers or names of this host`() throws {
    let configuration = try configuration(["access.users": "ann,0", "access.groups": "staff,12"])
    #expect(configuration.access.users == [7, 0])
    #expect(configuration.access.groups == [8, 12])
    #expect(
      throws: ConfigurationError.unknownAccount(name: "bob", kind: "user", source: .flag)
    ) {
      try self.configuration(["access.users": "bob"])
    }
  }

  @Test(arguments: [
    ("threads.count", "0"), ("threads.count", "1025"), ("limits.requestBytes", "1023"),
    ("limits.requestBytes", "4194305"), ("drain.seconds", "-1"), ("drain.seconds", "nan"),
    ("log.level", "loud"), ("kernel.path", "sse"), ("log.format", "xml"),
    ("socket.path", "/" + String(repeating: "x", count: 107)),
  ])
  func `a value outside its range is refused`(name: String, value: String) throws {
    let error = #expect(throws: ConfigurationError.self) { try configuration([name: value]) }
    guard case .invalidValue(name, value, _, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }
}
