import EchoServices
import Testing

@testable import TTRPC

/// What a sender hears when the server ends a stream early.
@Suite(.timeLimit(.minutes(3)))
struct EarlyRefusalTests {
  @Test func `sending after a refusal tells the server's status`() async throws {
    let socket = TemporarySocket()
    let server = try ScriptedServer(path: socket.path)
    let client = TTRPCClient(socketPath: socket.path)
    let call = try await client.stream(
      service: EchoServices.name, method: "Chat", kind: .bidirectional)
    let peer = try await server.accept()
    _ = try await peer.receive()
    try await peer.send(.failure(1, code: 7))
    var code: RPCCode?
    while code == nil {
      do throws(RPCError) {
        try await call.send(Payload(bytes: [1]))
      } catch {
        code = error.code
      }
    }
    #expect(code == .permissionDenied)
    await client.close()
  }
}
