import AutodidactClient
import Messages
import TTRPC

extension CallError {
  /// The request was refused in this process, and the call is as it was before.
  var leavesCallOpen: Bool { cause is MessageSizeError || cause is MessageError }
}

extension MessageCall {
  /// Sends a request; where the server has ended the call, throws what the server said.
  func send(_ request: Request, orCauseIn responses: inout Responses.AsyncIterator) async throws {
    do throws(CallError) {
      try await send(request)
    } catch {
      guard !error.leavesCallOpen else { throw error }
      // Answers that were on their way come before the status.
      while try await responses.next() != nil {}
      throw error
    }
  }

  /// Sends all requests of a client stream and returns its response.
  func response(to requests: (_ send: (Request) async throws -> Void) async throws -> Void)
    async throws -> Response
  {
    do {
      try await requests { try await send($0) }
      try await finish()
    } catch let error as CallError {
      guard !error.leavesCallOpen else { throw error }
      // The server may have refused in the middle: its status says why.
      _ = try await response()
      throw error
    }
    return try await response()
  }
}
