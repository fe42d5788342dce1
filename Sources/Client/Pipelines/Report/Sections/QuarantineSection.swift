/// What was set aside as foreign, and why.
struct QuarantineSection {
  var result: SelfTrainingResult
  var examples: [ReportContent.Example]

  /// The markup.
  var markup: Markup {
    let quarantine = result.quarantine
    let plot = HistogramPlot(
      series: [
        .init(histogram: quarantine.poolScores, style: "bar-rest", name: "unlabelled"),
        .init(histogram: quarantine.labelledScores, style: "bar-main over", name: "labelled"),
      ],
      arrangement: .overlaid,
      horizontalTitle: "out-of-distribution score (higher is more foreign)",
      bound: quarantine.isActive ? (quarantine.threshold, "quarantined above") : nil,
      summary: "Out-of-distribution scores of the unlabelled and the labelled texts")
    return """
      <section><h2>Texts that belong to none of the classes</h2>
      <p>\(headline) \(quarantine.reason)</p>
      <div class="pair"><figure>\(plot.svg)</figure>
      <div>\(table)</div></div></section>
      """
  }

  private var headline: Markup {
    let quarantine = result.quarantine
    guard quarantine.isActive else { return "The quarantine was not needed." }
    return """
      <strong>\(quarantine.count.counted("unlabelled text"))</strong> (\
      \((Double(quarantine.count) / Double(max(1, result.counts.unlabelled))).percent) %) were set \
      aside and got no pseudo-label; the estimated share of foreign texts is \
      \(quarantine.estimatedShare.percent) %. They are in <code>quarantine.jsonl</code>.
      """
  }

  private var table: Markup {
    guard !examples.isEmpty else { return Markup() }
    let rows = examples.map { example -> Markup in
      """
      <tr><td class="text">\(example.text.clipped(to: 110))<br/><span class="muted">id \
      \(example.id), nearest class \(example.label)</span></td>\
      <td class="number">\(example.oodScore.fixed(3))</td></tr>
      """
    }
    return """
      <div class="scroll"><table><thead><tr><th>most foreign</th><th class="number">score</th></tr>\
      </thead><tbody>\(rows)</tbody></table></div>
      """
  }
}
