import Messages
import TTRPC
import TestSupport
import Testing

@testable import Daemon

@Suite struct OwnServicesTests {
  @Test func `health answers for each service, for the daemon, and under both names`() async throws
  {
    try await TestDaemon.with { daemon in
      let answer1 = try await daemon.health(of: "")
      #expect(answer1 == .serving)
      let answer2 = try await daemon.health(of: "test.Echo")
      #expect(answer2 == .serving)
      let answer3 = try await daemon.health(of: "test.Echo", by: "grpc.health.v1.Health")
      #expect(answer3 == .serving)
      let error = await #expect(throws: RPCError.self) { try await daemon.health(of: "nobody") }
      #expect(error?.code == .notFound)
    }
  }

  @Test func `a peer that is not allowed is refused, logged and counted`() async throws {
    try await TestDaemon.with(settings: ["access.users=4000000001"]) { daemon in
      let error = await #expect(throws: RPCError.self) { try await daemon.echo() }
      #expect(error?.code == .permissionDenied)
      let line = daemon.logged.texts.first { $0.hasPrefix("call refused") }
      #expect(line?.contains("peer.uid=") == true)
      #expect(line?.contains("status=PERMISSION_DENIED") == true)
    }
  }

  @Test func `calls are counted by method and code and timed`() async throws {
    try await TestDaemon.with { daemon in
      for _ in 0..<3 { _ = try await daemon.echo() }
      await #expect(throws: RPCError.self) {
        try await daemon.client.unary(service: "test.Echo", method: "Fail", payload: Payload())
      }
      let metrics = try await daemon.call(
        "autodidact.v1.Control", "Metrics", MetricsRequest(), as: MetricsResponse.self)
      let text = metrics.prometheusText
      let labels = "service=\"test.Echo\",method="
      #expect(
        text.contains("autodidact_encoder_requests_total{\(labels)\"Echo\",code=\"OK\"} 3\n"))
      #expect(
        text.contains("autodidact_encoder_requests_total{\(labels)\"Fail\",code=\"INTERNAL\"} 1\n"))
      #expect(
        text.contains("autodidact_encoder_request_duration_seconds_count{\(labels)\"Echo\"} 3\n"))
      for gauge in ["resident_memory_bytes", "state_bytes", "state_free_bytes"] {
        #expect(text.contains("autodidact_encoder_\(gauge) "))
      }
      let inFlight = metrics.families.first { $0.name.hasSuffix("_requests_in_flight") }
      #expect(inFlight?.samples.first?.value == 1)
    }
  }

  @Test func `a failure of ours is logged with its cause, which the caller does not see`()
    async throws
  {
    try await TestDaemon.with { daemon in
      let error = await #expect(throws: RPCError.self) {
        try await daemon.client.unary(service: "test.Echo", method: "Fail", payload: Payload())
      }
      #expect(error?.code == .internal)
      #expect(error?.message.contains("Broken") == false)
      await daemon.logged.wait { $0.hasPrefix("call failed") }
      let line = daemon.logged.texts.first { $0.hasPrefix("call failed") }
      #expect(line?.contains("error=Broken()") == true)
      #expect(line?.contains("trace_id=") == true)
      #expect(line?.contains("duration_us=") == true)
    }
  }

  @Test func `a daemon describes itself with its effective configuration`() async throws {
    try await TestDaemon.with(settings: ["threads.count=3"]) { daemon in
      let description = try await daemon.call(
        "autodidact.v1.Control", "Describe", DescribeRequest(), as: DescribeResponse.self)
      #expect(description.daemon == "encoder")
      #expect(description.version == suiteVersion)
      #expect(description.services == ["test.Echo"])
      #expect(description.threadCount == 3)
      #expect(description.kernelPath == "portable")
      let settings = Dictionary(
        uniqueKeysWithValues: description.settings.map { ($0.key, $0) })
      #expect(settings["threads.count"]?.value == "3")
      #expect(settings["threads.count"]?.origin == "flag")
      #expect(settings["socket.path"]?.value == daemon.socketPath)
      #expect(settings["log.level"]?.origin == "default")
    }
  }

  @Test func `a request over the configured size is refused and the next one is not`() async throws
  {
    try await TestDaemon.with(settings: ["limits.requestBytes=2048"]) { daemon in
      let error = await #expect(throws: RPCError.self) {
        try await daemon.echo([UInt8](repeating: 1, count: 2048))
      }
      #expect(error?.code == .resourceExhausted)
      #expect(error?.message.contains("2048") == true)
      let answer4 = try await daemon.echo([UInt8](repeating: 1, count: 1024)).count
      #expect(answer4 == 1024)
    }
  }

  @Test func `a reload changes log level and access and says what waits for a restart`()
    async throws
  {
    let before = #"{"log": {"level": "info"}, "drain": {"seconds": 3}}"#
    let after = """
      {"log": {"level": "debug"}, "drain": {"seconds": 4}, "access": {"users": [4000000001]}}
      """
    try await TestDaemon.with(config: before) { daemon in
      _ = try await daemon.echo()
      _ = try daemon.folder.write(
        "configuration.json", Array(after.replacing("[4000000001]", with: "[\"4000000001\"]").utf8))
      let answer = try await daemon.call(
        "autodidact.v1.Control", "Reload", ReloadRequest(), as: ReloadResponse.self)
      #expect(answer.changed.map { $0.key } == ["access.users", "log.level"])
      #expect(answer.changed.map { $0.value } == ["4000000001", "debug"])
      #expect(answer.needsRestart == ["drain.seconds"])
      let error = await #expect(throws: RPCError.self) { try await daemon.echo() }
      #expect(error?.code == .permissionDenied)
      #expect(daemon.notified.texts.contains { $0.hasPrefix("RELOADING=1\nMONOTONIC_USEC=") })
    }
  }

  @Test func `a wrong configuration changes nothing on reload`() async throws {
    try await TestDaemon.with(config: #"{"log": {"level": "info"}}"#) { daemon in
      _ = try daemon.folder.write("configuration.json", Array(#"{"log": {"levle": 1}}"#.utf8))
      let error = await #expect(throws: RPCError.self) {
        try await daemon.call(
          "autodidact.v1.Control", "Reload", ReloadRequest(), as: ReloadResponse.self)
      }
      #expect(error?.code == .failedPrecondition)
      #expect(error?.message.contains("log.level") == true)
      let answer5 = try await daemon.echo()
      #expect(answer5 == [1, 2, 3])
    }
  }

  @Test func `a request that is no message is the caller's mistake`() async throws {
    try await TestDaemon.with { daemon in
      let error = await #expect(throws: RPCError.self) {
        try await daemon.client.unary(
          service: "autodidact.v1.Health", method: "Check", payload: Payload(bytes: [0x0a, 0x05]))
      }
      #expect(error?.code == .invalidArgument)
    }
  }
}
