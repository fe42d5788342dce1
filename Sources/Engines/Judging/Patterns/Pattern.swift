/// A regular expression whose search takes time proportional to text times pattern, always.
///
/// Patterns come from callers and texts from models, so a search must not blow up on either: all
/// alternatives are followed at once (Thompson's construction with Pike's captures), nothing is
/// tried again. Syntax: literals, `.`, classes `[a-z]` `[^…]` `\d \w \s` and their opposites,
/// groups `(…)` `(?:…)`, `|`, `* + ? {m} {m,} {m,n}` and their lazy forms, `^ $ \b \B`, and `(?i)`,
/// `(?m)`, `(?s)` at the start. No look-around and no back-references. Among several matches the
/// leftmost counts, and there the one that a backtracking search would find first.
/// Source: R. Cox, Regular Expression Matching: the Virtual Machine Approach, 2009.
package struct Pattern: Sendable {
  /// The most bytes of a pattern.
  package static let bytesMax = 1024

  /// What a search found.
  package struct Match: Sendable, Equatable {
    /// The first group, or the whole match where the pattern has no group; nil where the group took
    /// no part in the match.
    package let answer: String?
  }

  private let program: PatternProgram

  /// Reads a pattern.
  package init(_ source: String) throws(PatternError) {
    guard source.utf8.count <= Self.bytesMax else {
      throw PatternError(
        position: Self.bytesMax, reason: "it is longer than \(Self.bytesMax) bytes")
    }
    var parser = PatternParser(source)
    program = try PatternProgram(try parser.parse(), flags: parser.flags)
  }

  /// The first match in `text`.
  package func firstMatch(in text: String) -> Match? {
    let scalars = Array(text.unicodeScalars)
    guard let slots = program.search(scalars) else { return nil }
    let range = program.hasGroup ? slots.group : slots.whole
    guard let range else { return Match(answer: nil) }
    var answer = String.UnicodeScalarView()
    answer.append(contentsOf: scalars[range])
    return Match(answer: String(answer))
  }
}

/// Why a text is no pattern.
package struct PatternError: Error, Equatable, CustomStringConvertible {
  /// Where, counted in Unicode scalars from 0.
  package let position: Int
  /// What is wrong there.
  package let reason: String

  /// The place and the reason.
  package var description: String { "the pattern is wrong at character \(position): \(reason)" }
}

/// A set of characters.
struct ScalarSet: Sendable, Equatable {
  enum Kind: Sendable, Equatable {
    case digit, word, space
  }

  var ranges: [ClosedRange<UInt32>] = []
  var kinds: [(kind: Kind, isNegated: Bool)] = []
  var isNegated = false

  static func == (lhs: ScalarSet, rhs: ScalarSet) -> Bool {
    lhs.ranges == rhs.ranges && lhs.isNegated == rhs.isNegated
      && lhs.kinds.elementsEqual(rhs.kinds) { $0 == $1 }
  }

  func contains(_ scalar: Unicode.Scalar, ignoringCase: Bool) -> Bool {
    var isInside = holds(scalar)
    if !isInside, ignoringCase {
      isInside = scalar.caseVariants.contains(where: holds)
    }
    return isInside != isNegated
  }

  private func holds(_ scalar: Unicode.Scalar) -> Bool {
    if ranges.contains(where: { $0.contains(scalar.value) }) { return true }
    return kinds.contains { $0.kind.contains(scalar) != $0.isNegated }
  }
}

extension ScalarSet.Kind {
  func contains(_ scalar: Unicode.Scalar) -> Bool {
    switch self {
    case .digit: scalar.isDigit
    case .word: scalar.isOfWord
    case .space: scalar.properties.isWhitespace
    }
  }
}

extension Unicode.Scalar {
  /// The scalar in lower and in upper case, where each is one scalar.
  var caseVariants: [Unicode.Scalar] {
    [properties.lowercaseMapping, properties.uppercaseMapping].compactMap { mapping in
      let scalars = mapping.unicodeScalars
      return scalars.count == 1 ? scalars.first : nil
    }
  }
}
