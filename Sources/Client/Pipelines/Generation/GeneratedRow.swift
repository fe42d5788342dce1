package import Messages

/// A line of the output of `generate`.
package struct GeneratedRow: Encodable, Sendable, Equatable {
  /// One sample.
  package struct Sample: Encodable, Sendable, Equatable {
    /// The text.
    package var text: String
    /// Why it ended.
    package var finishReason: String
    /// The tokens, end token not counted.
    package var tokenCount: Int
    /// The sum over the tokens, natural logarithm.
    package var logProbability: Double
    /// Asked for: one for each token.
    package var tokenLogProbabilities: [Float]?

    /// The sample of an answer.
    package init(_ completion: Completion) {
      text = completion.text
      finishReason = completion.reason.text
      tokenCount = completion.tokenIDs.count
      logProbability = completion.logProbability
      let each = completion.tokenLogProbabilities
      tokenLogProbabilities = each.isEmpty ? nil : each
    }
  }

  /// Why a row has no text.
  package struct Failure: Encodable, Sendable, Equatable {
    /// A gRPC status code.
    package var code: Int32
    /// What is wrong.
    package var message: String
  }

  private enum Key: String, CodingKey {
    case id, samples, error
    case text, finishReason, tokenCount, logProbability, tokenLogProbabilities
  }

  /// The row's id.
  package var id: String
  /// The samples.
  package var samples: [Sample]
  /// Why there are none.
  package var failure: Failure?

  /// The row of an answer.
  package init(id: String, _ answer: GenerateBulkResponse) {
    self.id = id
    samples = answer.completions.map { Sample($0) }
    failure = answer.failure.map { Failure(code: $0.code, message: $0.message) }
  }

  /// One sample is written into the row itself, several as a list.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(id, forKey: .id)
    try container.encodeIfPresent(failure, forKey: .error)
    guard samples.count == 1 else {
      if failure == nil { try container.encode(samples, forKey: .samples) }
      return
    }
    let sample = samples[0]
    try container.encode(sample.text, forKey: .text)
    try container.encode(sample.finishReason, forKey: .finishReason)
    try container.encode(sample.tokenCount, forKey: .tokenCount)
    try container.encode(sample.logProbability, forKey: .logProbability)
    try container.encodeIfPresent(sample.tokenLogProbabilities, forKey: .tokenLogProbabilities)
  }
}

extension FinishReason {
  /// The reason as outputs write it.
  package var text: String {
    switch self {
    case .unspecified: "unknown"
    case .endToken: "end_token"
    case .stopString: "stop_string"
    case .stopToken: "stop_token"
    case .tokenLimit: "token_limit"
    case .contextFull: "context_full"
    case .deadline: "deadline"
    }
  }
}
