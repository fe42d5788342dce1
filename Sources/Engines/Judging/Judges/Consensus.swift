package import Methods

/// The share of all samples of a prompt that give the same answer, in `0...1`.
///
/// Answers are read before they are compared. A sample that cannot be read votes for nothing but
/// counts among all, and an answer that cannot be read has no score, so it never wins.
/// Source: X. Wang et al., Self-Consistency Improves Chain of Thought Reasoning, ICLR 2023, arXiv
/// 2203.11171. Deviation: answers are normalised before they are counted, and none is drawn among
/// equals.
package struct Consensus: Judge {
  /// The settings.
  package struct Parameters: MethodParameters {
    /// Where the answer is.
    package var extraction = AnswerExtraction()

    /// Creates the defaults.
    package init() {}

    /// The first setting that is out of its range.
    package var violation: ParameterViolation? { extraction.violation }
  }

  /// What the method is.
  package static let card = MethodCard(
    id: "consensus", title: "Consensus",
    source: "Wang et al., Self-Consistency Improves Chain of Thought Reasoning, ICLR 2023",
    needs: [.samples], summary: "The share of the samples that give the same answer.")

  /// The texts are enough.
  package static func inputs(of parameters: Parameters) -> Set<JudgeInput> { [] }

  /// The settings.
  package let parameters: Parameters
  private let reader: AnswerReader

  /// Creates a judge.
  package init(
    _ parameters: Parameters = Parameters(), state: [Double] = []
  ) throws(JudgeFitError) {
    try Self.check(parameters, state: state)
    self.parameters = parameters
    reader = try AnswerReader(parameters.extraction)
  }

  /// The answer's share of all samples.
  package func judgement(on answer: JudgedAnswer) -> Judgement {
    guard !answer.response.allSatisfy(\.isWhitespace) else { return .unscored(.emptyAnswer) }
    guard !answer.otherSamples.isEmpty else { return .unscored(.noOtherSamples) }
    guard let own = reader.answer(in: answer.response) else { return .unscored(.unreadableAnswer) }
    let vote = MajorityVote(among: [answer.response] + answer.otherSamples, reader: reader)
    let count = vote.count(of: own)
    let share = Double(count) / Double(vote.sampleCount)
    return .scored(
      Score(
        share,
        parts: [
          ScorePart("votes", Double(count), reason: own.text),
          ScorePart("samples", Double(vote.sampleCount)),
          ScorePart("unreadable", Double(vote.unreadableCount)),
          ScorePart("wins", vote.probabilityOfWinning(own)),
        ]))
  }

  /// How samples of one prompt vote.
  package func vote(among samples: [String]) -> MajorityVote {
    MajorityVote(among: samples, reader: reader)
  }
}
