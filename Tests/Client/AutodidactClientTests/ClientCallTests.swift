import AutodidactClient
import Messages
import TTRPC
import TestSupport
import Testing

/// The generated clients against a server of this process, over a real socket.
@Suite(.timeLimit(.minutes(1))) struct ClientCallTests {
  @Test func `a unary call sends a message and returns one`() async throws {
    try await withSuite { suite in
      let request = EncodeRequest(sequence: 7, input: .text(TextBatch(texts: ["a", "é"])))
      let response = try await suite.encoder.encode(request)
      #expect(response.sequence == 7)
      #expect(try response.features?.floats() == [1, 2])
    }
  }

  @Test func `a server's status arrives with its code and message`() async throws {
    try await withSuite { suite in
      let error = try await #require(throws: CallError.self) {
        try await suite.encoder.encode(EncodeRequest(model: "unknown"))
      }
      #expect(error.code == .notFound)
      #expect(error.message == "no model `unknown`")
      #expect(error.method == "autodidact.v1.Encoder/Encode")
      #expect("\(error)" == "autodidact.v1.Encoder/Encode: NOT_FOUND: no model `unknown`")
    }
  }

  @Test func `an answer that is no such message is an internal error`() async throws {
    try await withSuite { suite in
      let error = try await #require(throws: CallError.self) {
        try await suite.encoder.tokenize(TokenizeRequest())
      }
      #expect(error.code == .internal)
      #expect(error.message.contains("autodidact.v1.TokenizeResponse"), "\(error)")
    }
  }

  @Test func `a NUL in a request is refused before anything is sent`() async throws {
    try await withSuite { suite in
      let error = try await #require(throws: CallError.self) {
        try await suite.encoder.encode(EncodeRequest(model: "a\0b"))
      }
      #expect(error.code == .invalidArgument)
      #expect(error.message.contains("autodidact.v1.EncodeRequest.model"), "\(error)")
    }
  }

  @Test func `a server stream delivers its messages in order`() async throws {
    try await withSuite { suite in
      let call = try await suite.health(of: .encoder).watch(HealthCheckRequest(service: "x"))
      var states: [ServingStatus] = []
      for try await response in call.responses { states.append(response.status) }
      #expect(states == [.serviceUnknown, .serving, .notServing])
    }
  }

  @Test func `a client stream ends in one response`() async throws {
    try await withSuite { suite in
      let call = try await suite.ood.fit()
      for rowCount in 1...3 {
        let features = Tensor(rowCount: rowCount, columnCount: 1) { _ in }
        try await call.send(FitDetectorRequest(part: .chunk(FeatureChunk(features: features))))
      }
      try await call.finish()
      #expect(try await call.response().detector?.fittedRowCount == 6)
    }
  }

  @Test func `both sides of a stream go on together`() async throws {
    try await withSuite { suite in
      let call = try await suite.encoder.encodeStream()
      var responses = call.responses.makeAsyncIterator()
      for sequence in 0..<20 as Range<UInt64> {
        try await call.send(EncodeRequest(sequence: sequence))
        #expect(try await responses.next()?.sequence == sequence)
      }
      try await call.finish()
      #expect(try await responses.next() == nil)
    }
  }

  @Test func `a stream that fails ends with its status`() async throws {
    try await withSuite { suite in
      let call = try await suite.encoder.encodeStream()
      var responses = call.responses.makeAsyncIterator()
      try await call.send(EncodeRequest(model: "unknown"))
      let error = await #expect(throws: CallError.self) { try await responses.next() }
      #expect(error?.code == .notFound)
    }
  }

  @Test(arguments: DaemonName.allCases)
  func `a daemon that does not run is named, with how to start it`(
    _ daemon: DaemonName
  ) async throws {
    let folder = try TemporaryFolder()
    let suite = suite(in: folder.path)
    let error = try await #require(throws: CallError.self) {
      try await suite.control(of: daemon).describe(DescribeRequest())
    }
    #expect(error.code == .unavailable)
    #expect(error.daemon == daemon)
    for part in [
      "autodidact-\(daemon.rawValue) does not answer", folder.file("\(daemon.rawValue).sock"),
      "systemctl start autodidact-\(daemon.rawValue).socket", "autodidact up",
    ] {
      #expect(error.message.contains(part), "\(error.message)")
    }
  }

  private func suite(in folder: String) -> Autodidact {
    var configuration = ClientConfiguration()
    configuration.retry.attemptCountMax = 1
    let environment = ["AUTODIDACT_RUNTIME_DIR": folder]
    let locator = SocketLocator(environment: environment, userID: 0) { _ in true }
    return Autodidact(locator: locator, configuration: configuration)
  }

  /// Runs a server with the methods below on every daemon's socket while `body` runs.
  private func withSuite(_ body: @Sendable (Autodidact) async throws -> Void) async throws {
    let folder = try TemporaryFolder()
    let suite = suite(in: folder.path)
    let server = TTRPCServer(configuration: ServerConfiguration(), services: FakeServices.all)
    let sockets = ["encoder", "ood"].map {
      ListeningSocket.path(folder.file("\($0).sock"), mode: 0o600)
    }
    let (started, start) = AsyncStream.makeStream(of: Void.self)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.run(listening: sockets) { start.finish() } }
      for await _ in started {}
      do {
        try await body(suite)
      } catch {
        Issue.record(error)
      }
      await suite.close()
      server.beginGracefulShutdown(deadline: .zero)
      try await group.waitForAll()
    }
  }
}
