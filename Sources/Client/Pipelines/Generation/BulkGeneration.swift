import AutodidactClient
import Messages
import TTRPC

/// An answer that is not what was asked for.
struct BadAnswer: Error, CustomStringConvertible {
  /// What is wrong with it.
  let description: String
}

/// Generates from many prompts over one stream, whose connection may be lost.
struct BulkGeneration {
  /// The prompts on their way.
  static let windowCount = 32

  let client: InferenceClient
  /// Model and options; the prompt is not used.
  let options: GenerateRequest
  var retry = RetryPolicy()

  /// A prompt that waits for its answer.
  private struct Pending {
    var prompt: BulkPrompt
    var attemptCount = 0
  }

  /// Generates from the prompts that `next` gives until it gives none, and hands each answer to
  /// `receive`, in the order in which they come.
  ///
  /// A connection that is lost is made anew, and what was on its way is sent again.
  func run(
    next: () throws -> BulkPrompt?, receive: (GenerateBulkResponse) throws -> Void
  ) async throws {
    var pending: [Pending] = []
    var isExhausted = false
    var attemptCount = 0
    while true {
      do {
        let call = try await client.generateBulk()
        var responses = call.responses.makeAsyncIterator()
        try await call.send(
          GenerateBulkRequest(part: .header(GenerateBulkHeader(options: options))),
          orCauseIn: &responses)
        for entry in pending {
          try await call.send(
            GenerateBulkRequest(part: .prompt(entry.prompt)), orCauseIn: &responses)
        }
        while true {
          while !isExhausted, pending.count < Self.windowCount {
            guard let prompt = try next() else {
              isExhausted = true
              break
            }
            pending.append(Pending(prompt: prompt))
            do {
              try await call.send(
                GenerateBulkRequest(part: .prompt(prompt)), orCauseIn: &responses)
            } catch let error as CallError where error.leavesCallOpen {
              // No message can hold this prompt; the others are not concerned.
              pending.removeLast()
              try receive(Self.failure(of: prompt, error))
            }
          }
          if pending.isEmpty {
            try await call.finish()
            return
          }
          guard let response = try await responses.next() else {
            throw CallError(
              code: .unavailable, message: "the inference service ended the stream early",
              daemon: .inference, method: "GenerateBulk")
          }
          if let again = try accept(response, &pending, receive) {
            try await call.send(GenerateBulkRequest(part: .prompt(again)), orCauseIn: &responses)
          } else {
            attemptCount = 0
          }
        }
      } catch let error as CallError {
        attemptCount += 1
        try await retry.wait(before: attemptCount, after: error)
      }
    }
  }

  private static func failure(of prompt: BulkPrompt, _ error: CallError) -> GenerateBulkResponse {
    GenerateBulkResponse(
      sequence: prompt.sequence,
      failure: ItemFailure(code: error.code.rawValue, message: error.message))
  }

  /// Hands an answer on; returns the prompt where it has to be asked again.
  private func accept(
    _ response: GenerateBulkResponse, _ pending: inout [Pending],
    _ receive: (GenerateBulkResponse) throws -> Void
  ) throws -> BulkPrompt? {
    guard let place = pending.firstIndex(where: { $0.prompt.sequence == response.sequence }) else {
      throw BadAnswer(
        description:
          "the inference service answered prompt \(response.sequence), which nobody asked")
    }
    if let failure = response.failure, failure.passing {
      pending[place].attemptCount += 1
      guard pending[place].attemptCount < retry.attemptCountMax else {
        throw CallError(
          code: RPCCode(rawValue: failure.code), message: failure.message, daemon: .inference,
          method: "GenerateBulk")
      }
      return pending[place].prompt
    }
    pending.remove(at: place)
    try receive(response)
    return nil
  }
}
