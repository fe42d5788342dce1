/// Risk against coverage: how many of the answered are wrong when the surest are answered first.
struct RiskCoveragePlot {
  var curve: [RejectionSamplingResult.CurvePoint]
  /// The risk that was asked for.
  var alpha: Double
  /// The last point whose score reaches the certified threshold.
  var certified: RejectionSamplingResult.CurvePoint?
  var summary: String

  /// The drawing.
  var svg: Markup {
    guard curve.count > 1 else { return "<p class=\"muted\">There are too few values to draw.</p>" }
    let top = max(alpha, curve.map(\.risk).max() ?? 0, curve.map(\.upper).min() ?? 0)
    var frame = PlotFrame(
      summary: summary,
      horizontal: .init(title: "answered questions (%)", domain: 0...1, text: Self.percent),
      vertical: .init(
        title: "wrong among the answered (%)", domain: 0...min(1, top * 1.25 + 0.02),
        text: Self.percent))
    frame.legend = [
      .init(mark: .line, style: "line-main", text: "judge"),
      .init(mark: .bar, style: "band", text: "95 % interval"),
      .init(mark: .dashes, style: "bound", text: "allowed"),
    ]
    if certified != nil {
      frame.legend.append(.init(mark: .line, style: "chosen", text: "certified"))
    }
    return frame.svg(band(frame) + line(frame) + bound(frame) + mark(frame))
  }

  private func band(_ frame: PlotFrame) -> Markup {
    let upper = curve.map { place($0.coverage, $0.upper, frame) }
    let lower = curve.reversed().map { place($0.coverage, $0.lower, frame) }
    return "<polygon class=\"band\" points=\"\((upper + lower).joined(separator: " "))\"/>"
  }

  private func line(_ frame: PlotFrame) -> Markup {
    let points = curve.map { place($0.coverage, $0.risk, frame) }
    return "<polyline class=\"line-main\" points=\"\(points.joined(separator: " "))\"/>"
  }

  private func bound(_ frame: PlotFrame) -> Markup {
    let at = frame.y.position(alpha)
    return """
      <line class="bound dashed" x1="\(frame.x.start)" x2="\(frame.x.end)" y1="\(at)" y2="\(at)"/>
      """
  }

  private func mark(_ frame: PlotFrame) -> Markup {
    guard let certified else { return Markup() }
    let (x, y) = (frame.x.position(certified.coverage), frame.y.position(certified.risk))
    let words = """
      certified: \(certified.coverage.percent) % answered, \(certified.risk.percent) % of them wrong
      """
    return """
      <line class="chosen" x1="\(x)" x2="\(x)" y1="\(frame.y.start)" y2="\(frame.y.end)"/>\
      <circle class="dot-main" cx="\(x)" cy="\(y)" r="5"><title>\(words)</title></circle>
      """
  }

  private func place(_ coverage: Double, _ risk: Double, _ frame: PlotFrame) -> String {
    frame.x.position(coverage).fixed(2) + "," + frame.y.position(risk).fixed(2)
  }

  private static func percent(_ value: Double, _ places: Int) -> String {
    (value * 100).fixed(max(0, places - 2))
  }
}
