private import Glibc

/// Maps values of a range to positions on a drawing.
struct LinearScale: Equatable {
  /// The values at the ends of the axis.
  var domain: ClosedRange<Double>
  /// Where the lower end is drawn.
  var start: Double
  /// Where the upper end is drawn.
  var end: Double

  /// Where `value` is drawn, held inside the axis.
  func position(_ value: Double) -> Double {
    let width = domain.upperBound - domain.lowerBound
    guard width > 0, value.isFinite else { return start }
    let share = min(1, max(0, (value - domain.lowerBound) / width))
    return start + share * (end - start)
  }

  /// Round numbers across `domain`: about `count` of them, with the decimals that they need.
  static func ticks(in domain: ClosedRange<Double>, count: Int) -> (values: [Double], places: Int) {
    let width = domain.upperBound - domain.lowerBound
    guard width > 0, width.isFinite else { return ([domain.lowerBound], 1) }
    let step = niceStep(width / Double(max(1, count)))
    let first = (domain.lowerBound / step - 1e-9).rounded(.up)
    let last = (domain.upperBound / step + 1e-9).rounded(.down)
    let places = max(0, Int((-log10(step)).rounded(.up)))
    guard first <= last else { return ([domain.lowerBound], places) }
    return (stride(from: first, through: last, by: 1).map { $0 * step }, places)
  }

  /// A range of round numbers that holds all of `values`, with some room, inside `limits`.
  static func domain(
    around values: [Double], within limits: ClosedRange<Double>, widthMin: Double
  ) -> ClosedRange<Double> {
    let finite = values.filter(\.isFinite)
    guard let low = finite.min(), let high = finite.max() else { return limits }
    let missing = max(0, widthMin - (high - low)) / 2
    let step = niceStep((high - low + 2 * missing) / 4)
    let lower = ((low - missing) / step - 0.2).rounded(.down) * step
    let upper = ((high + missing) / step + 0.2).rounded(.up) * step
    return max(limits.lowerBound, lower)...min(limits.upperBound, upper)
  }

  /// The smallest of 1, 2 and 5 times a power of ten that is at least `width`.
  private static func niceStep(_ width: Double) -> Double {
    let power = pow(10, log10(max(width, 1e-12)).rounded(.down))
    let factor = [1, 2, 5, 10].first { $0 * power >= width * (1 - 1e-9) } ?? 10
    return factor * power
  }
}
