/// Everything that the report on a rejection-sampling run shows.
package struct RejectionReportContent: Sendable {
  /// A best answer that stands for many.
  package struct Example: Sendable, Equatable {
    /// The question's id.
    package var id: String
    /// What was asked last.
    package var prompt: String
    /// The answer.
    package var text: String
    /// The gold answer.
    package var gold: String?
    /// The judge's score.
    package var score: Double
    /// The share of the samples that say the same.
    package var voteShare: Double?
    /// It is in the training set.
    package var isKept: Bool
    /// Equal to the gold answer, where there is one.
    package var isRight: Bool?
  }

  /// The numbers.
  package var result: RejectionSamplingResult
  /// What the answers cost.
  package var speed: SamplingSpeed
  /// Best answers, kept and not.
  package var examples: [Example]
  /// The folder of the results as a person would write it in a command.
  package var folder: String
}

/// The report on a rejection-sampling run as one HTML page that needs nothing else.
package struct RejectionReportPage {
  private let content: RejectionReportContent

  /// A page about `content`.
  package init(_ content: RejectionReportContent) { self.content = content }

  /// The page, which is well-formed XML too.
  package var html: String {
    let result = content.result
    let body: Markup = """
      \(RejectionHeadlineSection(result: result, speed: content.speed).markup)
      \(RejectionPlotSections(result: result).markup)
      \(RejectionTaskSection(result: result).markup)
      \(RejectionExampleSection(examples: content.examples).markup)
      \(SamplingSpeedSection(speed: content.speed).markup)
      \(RejectionUseSection(content: content).markup)
      <footer>The same numbers are in <code>metrics.json</code> and <code>speed.json</code>, \
      every answer in <code>judged.jsonl</code>. Made by \
      <code>autodidact rejection-sample</code>.</footer>
      """
    return HTMLPage(title: "Rejection-sampling report", body: body).text
  }
}
