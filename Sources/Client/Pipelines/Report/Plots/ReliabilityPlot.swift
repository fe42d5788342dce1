/// A reliability diagram: how often predictions of each confidence are right.
struct ReliabilityPlot {
  var bins: [SelfTrainingResult.ReliabilityBin]
  /// The class of the style sheet that gives the bars' colour.
  var style: String
  var summary: String

  /// Bins with fewer texts say little and are drawn pale.
  static let paleCountMax = 10

  /// The drawing.
  var svg: Markup {
    let frame = PlotFrame(
      summary: summary,
      horizontal: .init(title: "confidence (%)", domain: 0...1, text: Self.percent),
      vertical: .init(title: "accuracy (%)", domain: 0...1, text: Self.percent),
      legend: [
        .init(mark: .bar, style: style, text: "right"),
        .init(mark: .bar, style: "too-sure", text: "too sure"),
        .init(mark: .bar, style: "too-modest", text: "too modest"),
        .init(mark: .dashes, style: "ideal", text: "ideal"),
      ])
    let binWidth = 1 / Double(max(1, bins.count))
    let bars = bins.enumerated().map { index, bin -> Markup in
      guard bin.count > 0 else { return Markup() }
      return bar(bin, from: Double(index) * binWidth, width: binWidth, in: frame)
    }
    return frame.svg(
      bars.joined() + """
        <line class="ideal dashed" x1="\(frame.x.start)" y1="\(frame.y.start)" \
        x2="\(frame.x.end)" y2="\(frame.y.end)"/>
        """)
  }

  private func bar(
    _ bin: SelfTrainingResult.ReliabilityBin, from start: Double, width: Double,
    in frame: PlotFrame
  ) -> Markup {
    let left = frame.x.position(start) + 1
    let right = frame.x.position(start + width) - 1
    let accuracy = frame.y.position(bin.accuracy)
    let confidence = frame.y.position(bin.meanConfidence)
    let width = max(1, right - left)
    let (gapTop, gapBottom) = (min(accuracy, confidence), max(accuracy, confidence))
    let gapStyle = bin.accuracy < bin.meanConfidence ? "too-sure" : "too-modest"
    let words = """
      \(bin.count.counted("text")): confidence \(bin.meanConfidence.percent) %, \
      right \(bin.accuracy.percent) %
      """
    return """
      <g class="\(bin.count < Self.paleCountMax ? "pale" : "")"><title>\(words)</title>\
      <rect class="\(style)" x="\(left)" y="\(gapBottom)" width="\(width)" \
      height="\(max(0, frame.y.start - gapBottom))"/>\
      <rect class="\(gapStyle)" x="\(left)" y="\(gapTop)" width="\(width)" \
      height="\(gapBottom - gapTop)"/>\
      <line class="level" x1="\(left)" x2="\(right)" y1="\(accuracy)" y2="\(accuracy)"/></g>
      """
  }

  private static func percent(_ value: Double, _ places: Int) -> String {
    (value * 100).fixed(0)
  }
}
