internal import Methods

/// What is told about each token.
package struct TokenReport: Sendable, Equatable {
  /// Report the natural logarithm of each chosen token's probability.
  package var logProbabilities: Bool
  /// Report as well the most probable tokens of each position, at most 20.
  package var topCount: Int

  /// Creates a report, by default of nothing.
  package init(logProbabilities: Bool = false, topCount: Int = 0) {
    self.logProbabilities = logProbabilities
    self.topCount = topCount
  }

  /// The most tokens of a position that are reported.
  package static let topCountMax = 20

  var violation: ParameterViolation? {
    (0...Self.topCountMax).contains(topCount)
      ? nil
      : ParameterViolation(
        name: "top_count", value: "\(topCount)", range: "at most \(Self.topCountMax)")
  }
}

/// Text to generate: samples that continue one prompt.
///
/// Each sample is a function of model, prompt, `sampling` with its seed, `stop` and the sample's
/// index. Speculation, other jobs and the number of threads do not change it.
package struct GenerationJob: Sendable, Equatable {
  /// The tokens to continue; none: the start token.
  package var prompt: [Int32]
  /// How tokens are drawn.
  package var sampling = SamplingParameters()
  /// When samples end.
  package var stop = StopConditions()
  /// How tokens are guessed.
  package var speculation = SpeculationMode.automatic(Automatic.Parameters())
  /// What is told about each token.
  package var report = TokenReport()
  /// Samples that share the prompt's work, 1 … 256.
  package var sampleCount = 1
  /// When samples end at the latest, in seconds of the generator's clock.
  package var deadline: Double?

  /// Creates a job with the defaults.
  package init(prompt: [Int32]) { self.prompt = prompt }

  /// The most samples of a job.
  package static let sampleCountMax = 256
}
