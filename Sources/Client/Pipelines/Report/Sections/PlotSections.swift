/// The drawings, each with what to see in it.
struct PlotSections {
  var result: SelfTrainingResult

  /// The markup.
  var markup: Markup {
    """
    <div class="pair">\(rounds)\(confidence)</div>
    \(reliability)
    """
  }

  private var rounds: Markup {
    """
    <section><h2>Accuracy by round</h2>
    <figure>\(RoundsPlot(rounds: result.rounds, chosenRound: result.chosenRound).svg)
    <figcaption>Round 0 is the classifier from the \(result.counts.labelled.counted("label")) \
    alone. Bars show one standard error.\(guardWords)</figcaption></figure></section>
    """
  }

  private var guardWords: Markup {
    let rejected = result.rounds.filter(\.rejectedByGuard).map { "\($0.round)" }
    guard !rejected.isEmpty else { return Markup() }
    let names = rejected.joined(separator: ", ")
    return " The do-no-harm guard rejected round \(names)."
  }

  private var confidence: Markup {
    let plot = HistogramPlot(
      series: [
        .init(
          histogram: result.selectedConfidence, style: "bar-main", name: "pseudo-labelled"),
        .init(histogram: result.otherConfidence, style: "bar-rest", name: "left out"),
      ],
      arrangement: .stacked, horizontalTitle: "calibrated confidence (%)",
      horizontalText: { value, _ in (value * 100).fixed(0) }, bound: nil,
      summary: "Confidence of the unlabelled texts")
    return """
      <section><h2>Confidence of the unlabelled texts</h2>
      <figure>\(plot.svg)
      <figcaption>Which texts are left out is decided by quotas, neighbours and the quarantine, \
      not by confidence alone.</figcaption></figure></section>
      """
  }

  private var reliability: Markup {
    guard result.comparison.basis == .test, !result.baselineReliability.isEmpty else {
      return calibrationAlone
    }
    let before = result.comparison.baseline.ece ?? .nan
    let after = result.comparison.selfTrained.ece ?? .nan
    return """
      <section><h2>Do the confidences mean what they say?</h2>
      <p class="note">Of all predictions made with 80 % confidence, 80 % should be right. The line \
      across a bar says how many are; the colour between it and the confidence is the error. ECE \
      is its mean over all predictions. Pale bars hold fewer than 10 texts.</p>
      <div class="pair">
      <figure><figcaption>Labels alone: ECE \(before.fixed(3))</figcaption>\
      \(ReliabilityPlot(bins: result.baselineReliability, style: "bar-second",
        summary: "Reliability of the labels alone").svg)</figure>
      <figure><figcaption>Chosen classifier: ECE \(after.fixed(3))</figcaption>\
      \(ReliabilityPlot(bins: result.chosenReliability, style: "bar-main",
        summary: "Reliability of the chosen classifier").svg)</figure>
      </div></section>
      """
  }

  private var calibrationAlone: Markup {
    guard let calibration = result.calibration else { return Markup() }
    return """
      <section><h2>Do the confidences mean what they say?</h2>
      <p>On out-of-fold predictions of the \(calibration.rowCount.counted("labelled text")), the \
      expected calibration error is \(calibration.eceBefore.fixed(3)) as the classifier comes and \
      \(calibration.eceAfter.fixed(3)) after scaling with temperature \
      \(calibration.temperature.fixed(2)). With a test file, this section shows reliability \
      diagrams.</p></section>
      """
  }
}
