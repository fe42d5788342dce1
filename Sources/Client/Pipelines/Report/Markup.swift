/// A piece of HTML or SVG in which every text that was put in is escaped.
///
/// String literals are markup as they stand. In an interpolation, a string is escaped and another
/// `Markup` goes in as it is, so that text from users can not become markup by oversight.
struct Markup: Sendable, Equatable, ExpressibleByStringInterpolation {
  /// The characters of the piece.
  private(set) var text: String

  init(stringLiteral value: String) { text = value }

  init(stringInterpolation interpolation: Interpolation) { text = interpolation.text }

  /// Markup without anything.
  init() { text = "" }

  static func + (first: Markup, second: Markup) -> Markup {
    var both = first
    both.text += second.text
    return both
  }

  static func += (first: inout Markup, second: Markup) { first.text += second.text }

  /// Puts pieces together.
  struct Interpolation: StringInterpolationProtocol {
    fileprivate var text = ""

    init(literalCapacity: Int, interpolationCount: Int) {
      text.reserveCapacity(literalCapacity * 2)
    }

    mutating func appendLiteral(_ literal: String) { text += literal }

    mutating func appendInterpolation(_ value: String) { text += Markup.escaped(value) }

    mutating func appendInterpolation(_ value: Int) { text += "\(value)" }

    /// A coordinate of a drawing, to a hundredth.
    mutating func appendInterpolation(_ value: Double) { text += value.fixed(2) }

    mutating func appendInterpolation(_ value: Markup) { text += value.text }

    mutating func appendInterpolation(_ values: [Markup]) {
      for value in values { text += value.text }
    }
  }

  /// The text with the characters of markup replaced, and without those that XML forbids.
  private static func escaped(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\t", "\n", "\r": result.unicodeScalars.append(scalar)
      case "\u{0}"..<"\u{20}", "\u{7f}"..<"\u{a0}", "\u{fffe}", "\u{ffff}": result += "\u{fffd}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

extension Sequence<Markup> {
  /// The pieces one after the other.
  func joined() -> Markup { reduce(into: Markup()) { $0 += $1 } }
}
