/// Which positions' states are returned.
package enum HiddenPooling: Sendable, Equatable {
  /// The last token's.
  case last
  /// The mean over all tokens.
  case mean
  /// Every token's.
  case all
}

/// Prompts whose hidden states are asked for.
package struct HiddenStatesJob: Sendable, Equatable {
  /// 1 to 1024 prompts of at least one token each.
  package var prompts: [[Int32]]
  /// Which positions.
  package var pooling = HiddenPooling.last
  /// The layer, from 1, without the final norm; 0: the last, with it.
  package var layer = 0
  /// When the job fails, in seconds of the generator's clock.
  package var deadline: Double?

  /// Creates a job with the defaults.
  package init(prompts: [[Int32]]) { self.prompts = prompts }

  /// The most prompts of a job.
  package static let promptCountMax = 1024
}

/// The hidden states of a job's prompts.
package struct HiddenStatesResult: Sendable, Equatable {
  /// `[prompts, hidden size]`; with `all` `[total tokens, hidden size]`, prompt after prompt.
  package var states: [Float]
  /// The number of rows of `states`.
  package var rowCount: Int
  /// The number of columns of `states`.
  package var columnCount: Int
  /// The tokens of each prompt.
  package var tokenCounts: [Int]
}
