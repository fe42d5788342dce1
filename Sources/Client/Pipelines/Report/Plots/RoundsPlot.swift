/// Accuracy against the round of self-training, with the chosen round marked.
struct RoundsPlot {
  var rounds: [SelfTrainingResult.Round]
  var chosenRound: Int

  /// The drawing.
  var svg: Markup {
    let tests = rounds.compactMap { round in round.test.map { (round.round, $0) } }
    let validations = rounds.map { ($0.round, $0.validation) }
      .filter { $0.1.accuracy.isFinite }
    let values = (tests + validations).flatMap { _, scores in
      [scores.accuracy - scores.standardError, scores.accuracy + scores.standardError]
    }
    let last = Double(rounds.map(\.round).max() ?? 0)
    var frame = PlotFrame(
      summary: "Accuracy by round of self-training",
      horizontal: .init(
        title: "round of self-training", domain: -0.35...(last + 0.35),
        ticks: rounds.map { (Double($0.round), $0.round == 0 ? "labels alone" : "\($0.round)") }),
      vertical: .init(
        title: "accuracy (%)",
        domain: LinearScale.domain(around: values, within: 0...1, widthMin: 0.05),
        text: { value, places in (value * 100).fixed(max(0, places - 2)) }))
    if !tests.isEmpty {
      frame.legend.append(.init(mark: .line, style: "line-main", text: "test texts"))
    }
    frame.legend.append(
      .init(mark: .dashes, style: "line-second", text: "cross-validated on the labels"))
    frame.legend.append(.init(mark: .line, style: "chosen", text: "chosen round"))
    return frame.svg(
      chosenMark(frame) + series(validations, in: frame, style: "second", isDashed: true)
        + series(tests, in: frame, style: "main", isDashed: false))
  }

  private func chosenMark(_ frame: PlotFrame) -> Markup {
    let at = frame.x.position(Double(chosenRound))
    return """
      <line class="chosen" x1="\(at)" x2="\(at)" y1="\(frame.y.start)" y2="\(frame.y.end)"/>
      """
  }

  private func series(
    _ points: [(Int, SelfTrainingResult.Scores)], in frame: PlotFrame, style: String,
    isDashed: Bool
  ) -> Markup {
    guard !points.isEmpty else { return Markup() }
    let places = points.map { round, scores in
      // The two series stand beside each other, so that their error bars do not cover each other.
      (
        x: frame.x.position(Double(round)) + (isDashed ? 4 : -4),
        y: frame.y.position(scores.accuracy)
      )
    }
    let line = places.map { "\($0.x.fixed(2)),\($0.y.fixed(2))" }.joined(separator: " ")
    let dashed = isDashed ? " dashed" : ""
    var markup: Markup = "<polyline class=\"line-\(style)\(dashed)\" points=\"\(line)\"/>"
    for (place, (round, scores)) in zip(places, points) {
      let low = frame.y.position(scores.accuracy - scores.standardError)
      let high = frame.y.position(scores.accuracy + scores.standardError)
      let error = scores.standardError > 0 ? " ± \(scores.standardError.percent)" : ""
      markup += """
        <line class="line-\(style) thin" x1="\(place.x)" x2="\(place.x)" y1="\(low)" y2="\(high)"/>\
        <circle class="dot-\(style)" cx="\(place.x)" cy="\(place.y)" r="4.5">\
        <title>round \(round): \(scores.accuracy.percent)\(error) %</title></circle>
        """
    }
    return markup
  }
}
