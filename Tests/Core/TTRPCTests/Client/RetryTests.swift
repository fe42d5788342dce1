import EchoServices
import NIOCore
import Testing

@testable import TTRPC

#if canImport(Glibc)
  import Glibc
#endif

/// When the client tries again, and what it says when it cannot connect.
@Suite(.timeLimit(.minutes(3)))
struct RetryTests {
  private let name = EchoServices.name

  private func withScript(
    _ body: (ScriptedServer, TTRPCClient) async throws -> Void
  ) async throws {
    let socket = TemporarySocket()
    var configuration = ClientConfiguration()
    configuration.retry.firstDelay = .milliseconds(1)
    let server = try ScriptedServer(path: socket.path)
    try await body(
      server, TTRPCClient(socketPath: socket.path, configuration: configuration))
  }

  private func call(
    _ client: TTRPCClient, isIdempotent: Bool
  ) async -> Result<[UInt8], RPCError> {
    do throws(RPCError) {
      let answer = try await client.unary(
        service: name, method: "Echo", payload: Payload(bytes: [1]),
        options: CallOptions(isIdempotent: isIdempotent))
      return .success(answer.bytes)
    } catch {
      return .failure(error)
    }
  }

  private func code(_ result: Result<[UInt8], RPCError>) -> RPCCode {
    if case .failure(let error) = result { error.code } else { .ok }
  }

  @Test func `UNAVAILABLE is tried again for every method`() async throws {
    try await withScript { server, client in
      async let result = call(client, isIdempotent: false)
      let peer = try await server.accept()
      for stream in [1, 3] as [UInt32] {
        #expect(try await peer.receive().stream == stream)
        try await peer.send(.failure(stream, code: 14))
      }
      #expect(try await peer.receive().stream == 5)
      try await peer.send(.success(5, [5]))
      #expect(try await result.get() == [5])
    }
  }

  @Test func `attempts come to an end`() async throws {
    try await withScript { server, client in
      async let result = call(client, isIdempotent: false)
      let peer = try await server.accept()
      for stream in [1, 3, 5, 7] as [UInt32] {
        #expect(try await peer.receive().stream == stream)
        try await peer.send(.failure(stream, code: 14))
      }
      #expect(code(await result) == .unavailable)
    }
  }

  @Test func `other codes are not tried again`() async throws {
    try await withScript { server, client in
      async let result = call(client, isIdempotent: true)
      let peer = try await server.accept()
      _ = try await peer.receive()
      try await peer.send(.failure(1, code: 13))
      #expect(code(await result) == .internal)
    }
  }

  @Test func `a connection lost during a call is tried again only if that is safe`() async throws {
    try await withScript { server, client in
      async let unsafe = call(client, isIdempotent: false)
      do {
        let peer = try await server.accept()
        _ = try await peer.receive()
      }
      #expect(code(await unsafe) == .unavailable)
      async let safe = call(client, isIdempotent: true)
      do {
        let peer = try await server.accept()
        _ = try await peer.receive()
      }
      let peer = try await server.accept()
      _ = try await peer.receive()
      try await peer.send(.success(1, [2]))
      #expect(try await safe.get() == [2])
    }
  }

  @Test func `an idle connection that was lost is replaced at the next call`() async throws {
    try await withScript { server, client in
      async let first = call(client, isIdempotent: false)
      do {
        let peer = try await server.accept()
        _ = try await peer.receive()
        try await peer.send(.success(1, [1]))
        #expect(try await first.get() == [1])
      }
      // The second call may meet the connection just as it dies, so it must be repeatable.
      async let second = call(client, isIdempotent: true)
      let peer = try await server.accept()
      #expect(try await peer.receive().stream == 1)
      try await peer.send(.success(1, [2]))
      #expect(try await second.get() == [2])
    }
  }

  @Test func `a missing socket is a daemon that does not run`() async throws {
    let socket = TemporarySocket()
    let client = TTRPCClient(socketPath: socket.path)
    guard case .failure(let error) = await call(client, isIdempotent: true) else {
      Issue.record("a call without a server succeeded")
      return
    }
    #expect(error.code == .unavailable)
    #expect(error.message.contains("daemon not running"))
    #expect(error.message.contains(socket.path))
  }

  @Test func `a socket on which nobody listens is a daemon that does not run`() async throws {
    let socket = TemporarySocket()
    let bound = try ListeningSocket.path(socket.path).bind()
    close(bound.descriptor)
    let client = TTRPCClient(socketPath: socket.path)
    guard case .failure(let error) = await call(client, isIdempotent: true) else {
      Issue.record("a call without a server succeeded")
      return
    }
    #expect(error.code == .unavailable)
    #expect(error.message.contains("nobody listens on \(socket.path)"))
  }

  @Test(.enabled(if: geteuid() != 0, "root may open every socket"))
  func `a socket that may not be opened is code 7 at once`() async throws {
    try await withServer { _, path in
      chmod(path, 0)
      let client = TTRPCClient(socketPath: path)
      #expect(code(await call(client, isIdempotent: true)) == .permissionDenied)
    }
  }

  @Test(arguments: [
    (ENOENT, RPCCode.unavailable), (ECONNREFUSED, .unavailable), (EACCES, .permissionDenied),
    (EPERM, .permissionDenied), (EAGAIN, .unavailable), (EMFILE, .unavailable),
  ])
  func `a failure to connect names the socket`(number: Int32, code: RPCCode) {
    let error = RPCError(
      connecting: "/run/x.sock", IOError(errnoCode: number, reason: "connect"))
    #expect(error.code == code)
    #expect(error.message.contains("/run/x.sock"))
  }

  @Test func `pauses double, stay below their bound and are between half and all of it`() {
    var policy = RetryPolicy()
    policy.firstDelay = .milliseconds(100)
    policy.delayMax = .milliseconds(300)
    #expect(policy.delay(beforeAttempt: 2, random: 0) == .milliseconds(50))
    #expect(policy.delay(beforeAttempt: 3, random: 0) == .milliseconds(100))
    #expect(policy.delay(beforeAttempt: 4, random: 0) == .milliseconds(150))
    for attempt in 2...20 {
      let delay = policy.delay(beforeAttempt: attempt, random: .max)
      #expect(delay <= .milliseconds(300) && delay > .milliseconds(99))
    }
  }

  @Test func `ten successes pay for one retry`() {
    var budget = RetryBudget(limit: 1)
    #expect(budget.withdraw() == true)
    #expect(budget.withdraw() == false)
    for _ in 0..<9 { budget.recordSuccess() }
    #expect(budget.withdraw() == false)
    budget.recordSuccess()
    #expect(budget.withdraw() == true)
  }
}
