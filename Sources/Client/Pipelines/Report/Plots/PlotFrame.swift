/// The axes, grid, titles and legend around a drawing.
struct PlotFrame {
  /// How an entry of the legend is drawn.
  enum Mark {
    case bar, line, dashes
  }

  /// One entry of the legend.
  struct LegendEntry {
    var mark: Mark
    /// The class of the style sheet that gives the colour.
    var style: String
    var text: String
  }

  /// One axis.
  struct Axis {
    /// The title with the unit.
    var title: String
    var domain: ClosedRange<Double>
    var ticks: [(value: Double, text: String)]

    /// An axis with round numbers; `text` writes them.
    init(
      title: String, domain: ClosedRange<Double>, tickCount: Int = 5,
      text: ((Double, Int) -> String)? = nil
    ) {
      self.title = title
      self.domain = domain
      let (values, places) = LinearScale.ticks(in: domain, count: tickCount)
      ticks = values.map { ($0, text?($0, places) ?? $0.fixed(places)) }
    }

    /// An axis with given ticks.
    init(title: String, domain: ClosedRange<Double>, ticks: [(value: Double, text: String)]) {
      self.title = title
      self.domain = domain
      self.ticks = ticks
    }
  }

  /// What a screen reader says.
  var summary: String
  var horizontal: Axis
  var vertical: Axis
  var legend: [LegendEntry] = []
  var width = 540.0
  var height = 320.0

  private let left = 58.0
  private let right = 18.0
  private var top: Double { legend.isEmpty ? 16 : 40 }
  private let bottom = 50.0

  /// Where horizontal values are drawn.
  var x: LinearScale {
    LinearScale(domain: horizontal.domain, start: left, end: width - right)
  }

  /// Where vertical values are drawn.
  var y: LinearScale {
    LinearScale(domain: vertical.domain, start: height - bottom, end: top)
  }

  /// The drawing with everything around it.
  func svg(_ drawing: Markup) -> Markup {
    """
    <svg class="plot" viewBox="0 0 \(width) \(height)" role="img" aria-label="\(summary)" \
    xmlns="http://www.w3.org/2000/svg">
    \(grid)\(drawing)\(axes)\(legendMarkup)
    </svg>
    """
  }

  private var grid: Markup {
    vertical.ticks.map { tick in
      let at = y.position(tick.value)
      return """
        <line class="grid" x1="\(left)" x2="\(width - right)" y1="\(at)" y2="\(at)"/>\
        <text class="tick" x="\(left - 8)" y="\(at + 4)" text-anchor="end">\(tick.text)</text>
        """
    }.joined()
  }

  private var axes: Markup {
    let base = height - bottom
    let ticks = horizontal.ticks.map { tick -> Markup in
      let at = x.position(tick.value)
      return """
        <line class="axis" x1="\(at)" x2="\(at)" y1="\(base)" y2="\(base + 5)"/>\
        <text class="tick" x="\(at)" y="\(base + 19)" text-anchor="middle">\(tick.text)</text>
        """
    }.joined()
    let middle = (top + base) / 2
    return """
      <line class="axis" x1="\(left)" x2="\(width - right)" y1="\(base)" y2="\(base)"/>\(ticks)\
      <text class="title" x="\((left + width - right) / 2)" y="\(height - 10)" \
      text-anchor="middle">\(horizontal.title)</text>\
      <text class="title" x="14" y="\(middle)" text-anchor="middle" \
      transform="rotate(-90 14 \(middle))">\(vertical.title)</text>
      """
  }

  private var legendMarkup: Markup {
    var at = left
    var markup = Markup()
    for entry in legend {
      switch entry.mark {
      case .bar:
        markup += """
          <rect class="\(entry.style)" x="\(at)" y="10" width="14" height="12" rx="2"/>
          """
      case .line, .dashes:
        let style = entry.style + (entry.mark == .dashes ? " dashed" : "")
        markup +=
          "<line class=\"\(style)\" x1=\"\(at - 2)\" x2=\"\(at + 18)\" y1=\"16\" y2=\"16\"/>"
      }
      markup += "<text class=\"legend\" x=\"\(at + 22)\" y=\"20\">\(entry.text)</text>"
      at += 40 + Double(entry.text.count) * 6.6
    }
    return markup
  }
}
