/// One or two histograms over the same bins.
struct HistogramPlot {
  /// One histogram.
  struct Series {
    var histogram: ValueHistogram
    /// The class of the style sheet that gives the colour.
    var style: String
    var name: String
  }

  /// How two histograms share the room.
  enum Arrangement {
    /// One stands on the other; the height counts what is in the bins.
    case stacked
    /// One lies over the other; the height is the share of its own rows, for sets of unlike size.
    case overlaid
  }

  var series: [Series]
  var arrangement: Arrangement
  var horizontalTitle: String
  /// What is counted.
  var noun = "text"
  var horizontalText: ((Double, Int) -> String)?
  /// A bound to mark, with its name.
  var bound: (value: Double, name: String)?
  var summary: String

  /// The drawing.
  var svg: Markup {
    let drawable = series.filter { $0.histogram.maximum > $0.histogram.minimum }
    guard let domain = Self.domain(of: drawable.map(\.histogram)), let first = drawable.first
    else { return "<p class=\"muted\">There are no values to draw.</p>" }
    let isOverlaid = arrangement == .overlaid
    let heights = drawable.map {
      isOverlaid ? shares($0.histogram) : $0.histogram.counts.map(Double.init)
    }
    let top =
      isOverlaid
      ? heights.flatMap { $0 }.max() ?? 0
      : first.histogram.counts.indices.map { bin in heights.reduce(0) { $0 + $1[bin] } }.max() ?? 0
    var frame = PlotFrame(
      summary: summary,
      horizontal: .init(
        title: horizontalTitle, domain: domain, text: horizontalText),
      vertical: .init(
        title: isOverlaid ? "share of each set (%)" : noun + "s",
        domain: 0...max(top * 1.06, isOverlaid ? 0.01 : 1),
        text: { value, places in
          isOverlaid ? (value * 100).fixed(max(0, places - 2)) : Int(value.rounded()).grouped
        }))
    frame.legend = series.map { .init(mark: .bar, style: $0.style, text: $0.name) }
    if let bound { frame.legend.append(.init(mark: .dashes, style: "bound", text: bound.name)) }
    var drawing = Markup()
    var floor = [Double](repeating: 0, count: first.histogram.counts.count)
    for (entry, values) in zip(drawable, heights) {
      drawing += bars(entry, values, on: floor, in: frame)
      if !isOverlaid { floor = zip(floor, values).map { $0 + $1 } }
    }
    return frame.svg(drawing + boundMark(frame))
  }

  /// The range that holds all histograms.
  private static func domain(
    of histograms: [ValueHistogram]
  ) -> ClosedRange<Double>? {
    guard let low = histograms.map(\.minimum).min(), let high = histograms.map(\.maximum).max(),
      low < high
    else { return nil }
    return low...high
  }

  private func shares(_ histogram: ValueHistogram) -> [Double] {
    let total = Double(max(1, histogram.counts.reduce(0, +)))
    return histogram.counts.map { Double($0) / total }
  }

  private func bars(
    _ entry: Series, _ heights: [Double], on floor: [Double], in frame: PlotFrame
  ) -> Markup {
    let histogram = entry.histogram
    let width = (histogram.maximum - histogram.minimum) / Double(max(1, histogram.counts.count))
    return heights.indices.map { bin -> Markup in
      guard heights[bin] > 0 else { return Markup() }
      let start = histogram.minimum + Double(bin) * width
      let left = frame.x.position(start) + 0.5
      let right = frame.x.position(start + width) - 0.5
      let top = frame.y.position(floor[bin] + heights[bin])
      let base = frame.y.position(floor[bin])
      let words = "\(entry.name): \(histogram.counts[bin].counted(noun))"
      return """
        <rect class="\(entry.style)" x="\(left)" y="\(top)" width="\(max(0.5, right - left))" \
        height="\(max(0, base - top))"><title>\(words)</title></rect>
        """
    }.joined()
  }

  private func boundMark(_ frame: PlotFrame) -> Markup {
    guard let bound, bound.value.isFinite else { return Markup() }
    let at = frame.x.position(bound.value)
    return """
      <line class="bound dashed" x1="\(at)" x2="\(at)" y1="\(frame.y.start)" y2="\(frame.y.end)"/>
      """
  }
}
