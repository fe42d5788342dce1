/// The report on a self-training run as one HTML page that needs nothing else.
package struct ReportPage {
  private let content: ReportContent

  /// A page about `content`.
  package init(_ content: ReportContent) { self.content = content }

  /// The page, which is well-formed XML too.
  package var html: String {
    let result = content.result
    let body: Markup = """
      \(HeadlineSection(result: result).markup)
      \(PlotSections(result: result).markup)
      \(ClassSection(result: result).markup)
      \(QuarantineSection(result: result, examples: content.quarantined).markup)
      \(ExampleSection(examples: content.pseudoLabelled).markup)
      \(UseSection(content: content).markup)
      <footer>The same numbers are in <code>metrics.json</code>, the pseudo-labels in \
      <code>pseudo_labels.jsonl</code>. Made by <code>autodidact selftrain</code>.</footer>
      """
    return HTMLPage(title: "Self-training report", body: body).text
  }
}
