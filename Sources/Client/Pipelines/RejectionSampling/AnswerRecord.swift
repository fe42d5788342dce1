import Messages

/// The answers to one question, as the journal keeps them.
struct AnswerRecord: Codable {
  /// One answer.
  struct Sample: Codable {
    var text: String
    /// Why it ended: the number of the wire's enumeration.
    var finish: Int32
    /// The tokens of the answer.
    var tokenCount: Int
    /// The sum over the tokens, natural logarithm.
    var logProbability: Double
    /// One for each token.
    var tokenLogProbabilities: [Float]

    /// The answer did not come to its own end.
    var isCutOff: Bool {
      switch FinishReason(rawValue: finish) {
      case .endToken, .stopString, .stopToken: false
      case .tokenLimit, .contextFull, .deadline, .unspecified, nil: true
      }
    }
  }

  /// What the answers cost.
  struct Cost: Codable {
    var promptTokens = 0
    var cachedTokens = 0
    var generatedTokens = 0
    /// Wall time since the record before, or since the beginning of the session.
    var seconds = 0.0
    var steps = 0
    var proposed = 0
    var accepted = 0
    var draftSeconds = 0.0
    var verifySeconds = 0.0
    /// By the id of the drafting method: proposed and accepted tokens.
    var sources: [String: [Int]] = [:]
  }

  /// The question's number, from 0.
  var question: Int
  /// Empty where the question could not be answered.
  var samples: [Sample] = []
  /// Why it could not be answered.
  var failure: String?
  var cost = Cost()

  /// The record of an answer that came `seconds` after the one before.
  init(_ response: GenerateBulkResponse, seconds: Double) {
    question = Int(clamping: response.sequence)
    failure = response.failure?.message
    samples = response.completions.sorted { $0.sampleIndex < $1.sampleIndex }.map {
      Sample(
        text: $0.text, finish: $0.reason.rawValue, tokenCount: $0.tokenIDs.count,
        logProbability: $0.logProbability, tokenLogProbabilities: $0.tokenLogProbabilities)
    }
    cost.seconds = seconds
    guard let statistics = response.statistics else { return }
    cost.promptTokens = Int(statistics.promptTokenCount)
    cost.cachedTokens = Int(statistics.cachedTokenCount)
    cost.generatedTokens = Int(statistics.generatedTokenCount)
    guard let speculation = statistics.speculation else { return }
    cost.steps = Int(clamping: speculation.stepCount)
    cost.proposed = Int(clamping: speculation.proposedCount)
    cost.accepted = Int(clamping: speculation.acceptedCount)
    cost.draftSeconds = speculation.draftSeconds
    cost.verifySeconds = speculation.verifySeconds
    for source in speculation.sources {
      cost.sources[source.method] = [
        Int(clamping: source.proposedCount), Int(clamping: source.acceptedCount),
      ]
    }
  }
}
