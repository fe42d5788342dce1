/// The name of a job of a generator.
package struct JobID: Hashable, Sendable {
  /// A number that the generator gives out once.
  package let number: UInt64
}

/// What a step of a generator has found out about one job.
package struct GeneratorEvent: Sendable, Equatable {
  /// What happened.
  package enum Kind: Sendable, Equatable {
    /// The job has a place in the batch; first of a generation job's events.
    case started(StartedJob)
    /// New tokens of one sample.
    case delta(SampleDelta)
    /// One sample has ended.
    case sampleEnded(EndedSample)
    /// All samples have ended; the last event of a generation job.
    case finished(WorkStatistics)
    /// The result of a scoring job, its only event.
    case scored(ScoringResult)
    /// The result of a choice job, its only event.
    case chosen(ChoiceResult)
    /// The result of a hidden-states job, its only event.
    case hiddenStates(HiddenStatesResult)
    /// The job has ended without its result; its last event.
    case failed(JobFailure)
  }

  /// The job.
  package let job: JobID
  /// What happened.
  package let kind: Kind
}

/// Why a job has no result.
package enum JobFailure: Error, Equatable {
  /// Its deadline passed before its result was there; samples end with a reason instead.
  case deadline
  /// The model refused a step that the generator had checked.
  case refused(step: String)
}

/// What is known before the first token.
package struct StartedJob: Sendable, Equatable {
  /// The prompt's tokens.
  package var promptTokenCount: Int
  /// Those of them whose state was there already.
  package var cachedTokenCount: Int
}

/// A token and its probability.
package struct TokenLikelihood: Sendable, Equatable {
  /// The token.
  package var token: Int32
  /// The natural logarithm of its probability, before biases, penalties, temperature and filters.
  package var logProbability: Float
}

/// One token of a sample.
package struct DecidedToken: Sendable, Equatable {
  /// The token.
  package var token: Int32
  /// The natural logarithm of its probability, before biases, penalties, temperature and filters.
  package var logProbability: Float
  /// Asked for: the most probable tokens here, most probable first, the lowest id of equals first.
  package var top: [TokenLikelihood]
}

/// What one step added to one sample.
package struct SampleDelta: Sendable, Equatable {
  /// Which sample, from 0.
  package var sampleIndex: Int
  /// The tokens that were decided, end token not counted; several where a guess was right.
  package var tokens: [DecidedToken]
  /// The new text, whole characters only, which may lag behind the tokens; NUL comes as U+FFFD.
  package var text: String
}

/// The end of one sample.
package struct EndedSample: Sendable, Equatable {
  /// Which sample, from 0.
  package var sampleIndex: Int
  /// Why it ended.
  package var reason: EndReason
  /// The sample's tokens, end token not counted.
  package var tokenCount: Int
  /// The sum over the sample's tokens, natural logarithm.
  package var logProbability: Double
}
