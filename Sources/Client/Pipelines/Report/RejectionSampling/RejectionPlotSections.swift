/// Risk and coverage, the votes, and the judge beside the length of the answers.
struct RejectionPlotSections {
  var result: RejectionSamplingResult

  /// The markup.
  var markup: Markup {
    """
    <div class="pair">\(riskCoverage)\(votes)</div>
    \(quality)
    """
  }

  private var riskCoverage: Markup {
    guard let quality = result.quality else { return Markup() }
    let threshold = result.promise.threshold
    let certified = threshold.flatMap { bound in quality.curve.last { $0.threshold >= bound } }
    let plot = RiskCoveragePlot(
      curve: quality.curve, alpha: result.promise.alpha, certified: certified,
      summary: "Risk against coverage")
    let basis =
      quality.isOnCalibration
      ? "On the calibration questions: no others have gold answers."
      : "On questions that the certificate did not see."
    return """
      <section><h2>How many are wrong, the surest first</h2>
      <figure>\(plot.svg)
      <figcaption>\(basis) The threshold was certified on the calibration questions\
      \(calibrated).</figcaption></figure></section>
      """
  }

  private var calibrated: Markup {
    guard let coverage = result.promise.coverage, let risk = result.promise.risk else {
      return ": none keeps the promise"
    }
    return ", where it accepts \(coverage.percent) % and \(risk.percent) % of those are wrong"
  }

  private var votes: Markup {
    let shares = result.voteShares
    let plot = HistogramPlot(
      series: [
        .init(histogram: shares.right, style: "bar-main", name: "right"),
        .init(histogram: shares.wrong, style: "too-sure", name: "wrong"),
        .init(histogram: shares.unknown, style: "bar-rest", name: "no gold answer"),
      ].filter { $0.histogram.counts.contains { $0 > 0 } },
      arrangement: .stacked, horizontalTitle: "samples that say the same (%)",
      noun: "question", horizontalText: { value, _ in (value * 100).fixed(0) },
      summary: "Vote shares of the best answers")
    return """
      <section><h2>How the samples vote</h2>
      <figure>\(plot.svg)
      <figcaption>The best answer of each question, by the share of its \
      \(result.settings.sampleCount.counted("sample")) that give it.</figcaption></figure></section>
      """
  }

  private var quality: Markup {
    guard let quality = result.quality else { return Markup() }
    let rows:
      [(
        String, String, KeyPath<RejectionSamplingResult.Figures, RejectionSamplingResult.Estimate?>
      )] = [
        ("area under risk–coverage (AURC, lower is better)", "best answers", \.aurc),
        ("right above wrong (AUROC)", "best answers", \.auroc),
        ("right above wrong within a question", "all answers", \.pairAccuracy),
      ]
    let body = rows.map { name, basis, path -> Markup in
      """
      <tr><td>\(name) <span class="muted">\(basis)</span></td>\
      <td class="number">\(words(quality.judge[keyPath: path]))</td>\
      <td class="number">\(words(quality.length[keyPath: path]))</td></tr>
      """
    }
    return """
      <section><h2>Does the judge know?</h2>
      <p class="note">Beside the length of the answer alone, the baseline that a judge has to \
      beat; with 95 % intervals over questions. Without abstention \
      \(quality.baseRisk.percent) % of the best answers are wrong; an oracle’s AURC is \
      \(quality.aurcOracle.fixed(3)). The correlation of score and length is \
      \(quality.lengthCorrelation.map { $0.fixed(2) } ?? "not defined").</p>
      <div class="scroll"><table><thead><tr><th></th>\
      <th class="number">\(result.settings.judge)</th><th class="number">length</th></tr></thead>\
      <tbody>\(body)</tbody></table></div></section>
      """
  }

  private func words(_ estimate: RejectionSamplingResult.Estimate?) -> Markup {
    guard let estimate else { return "not defined" }
    return """
      \(estimate.value.fixed(3)) <span class="muted">[\(estimate.lower.fixed(3)), \
      \(estimate.upper.fixed(3))]</span>
      """
  }
}
