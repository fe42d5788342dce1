/// What a pattern says, as a tree.
indirect enum PatternNode {
  case empty
  case scalar(Unicode.Scalar)
  case any
  case set(ScalarSet)
  case textStart, textEnd
  case boundary(isNegated: Bool)
  case group(PatternNode)
  case sequence([PatternNode])
  case alternatives([PatternNode])
  case repetition(PatternNode, minimum: Int, maximum: Int?, isLazy: Bool)
}

/// The flags at a pattern's start.
struct PatternFlags: Sendable {
  var ignoresCase = false
  var hasLines = false
  var dotMatchesNewline = false
}

/// Reads a pattern by recursive descent, at most `depthMax` groups deep.
struct PatternParser {
  private static let depthMax = 50
  private static let repetitionMax = 1000

  private let scalars: [Unicode.Scalar]
  private var position = 0
  private var depth = 0
  private(set) var flags = PatternFlags()

  init(_ source: String) { scalars = Array(source.unicodeScalars) }

  mutating func parse() throws(PatternError) -> PatternNode {
    try parseFlags()
    let node = try alternatives()
    guard position == scalars.count else { throw error("a `)` without its `(`") }
    return node
  }

  private mutating func parseFlags() throws(PatternError) {
    guard scalars.starts(with: "(?".unicodeScalars), scalars.count > 2,
      "ims".unicodeScalars.contains(scalars[2])
    else { return }
    position = 2
    while let flag = next, flag != ")" {
      switch flag {
      case "i": flags.ignoresCase = true
      case "m": flags.hasLines = true
      case "s": flags.dotMatchesNewline = true
      default: throw error("the flag `\(flag)` is unknown")
      }
      position += 1
    }
    guard next == ")" else { throw error("flags are not closed") }
    position += 1
  }

  private mutating func alternatives() throws(PatternError) -> PatternNode {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.depthMax else { throw error("groups are nested too deep") }
    var found = [try sequence()]
    while next == "|" {
      position += 1
      found.append(try sequence())
    }
    return found.count == 1 ? found[0] : .alternatives(found)
  }

  private mutating func sequence() throws(PatternError) -> PatternNode {
    var found: [PatternNode] = []
    while let scalar = next, scalar != "|", scalar != ")" {
      found.append(try repetition(of: try atom()))
    }
    return found.isEmpty ? .empty : .sequence(found)
  }

  private mutating func repetition(of node: PatternNode) throws(PatternError) -> PatternNode {
    var node = node
    var isRepeated = false
    while let scalar = next {
      let bounds: (Int, Int?)
      switch scalar {
      case "*": bounds = (0, nil)
      case "+": bounds = (1, nil)
      case "?": bounds = (0, 1)
      case "{":
        guard let counted = try counts() else { return node }
        bounds = counted
      default: return node
      }
      guard !isRepeated else { throw error("a repetition of a repetition") }
      position += 1
      let isLazy = next == "?"
      if isLazy { position += 1 }
      node = .repetition(node, minimum: bounds.0, maximum: bounds.1, isLazy: isLazy)
      isRepeated = true
    }
    return node
  }

  /// The bounds between braces, leaving the position on `}`; nil where the brace is a literal.
  private mutating func counts() throws(PatternError) -> (Int, Int?)? {
    let start = position
    position += 1
    let minimum = number()
    var maximum = minimum
    if next == "," {
      position += 1
      maximum = number()
    }
    guard next == "}", let minimum else {
      position = start
      return nil
    }
    guard minimum <= Self.repetitionMax, maximum.map({ $0 <= Self.repetitionMax }) ?? true else {
      throw error("more than \(Self.repetitionMax) repetitions")
    }
    guard maximum.map({ $0 >= minimum }) ?? true else { throw error("bounds in the wrong order") }
    return (minimum, maximum)
  }

  private mutating func number() -> Int? {
    var value: Int?
    while let scalar = next, scalar.isDigit, (value ?? 0) < 1_000_000 {
      value = (value ?? 0) * 10 + Int(scalar.value - 48)
      position += 1
    }
    return value
  }

  private mutating func atom() throws(PatternError) -> PatternNode {
    guard let scalar = next else { throw error("the pattern ends early") }
    switch scalar {
    case "(": return try group()
    case "[": return .set(try characterClass())
    case "*", "+", "?": throw error("nothing to repeat")
    case "\\": return try escape()
    default: break
    }
    position += 1
    switch scalar {
    case ".": return .any
    case "^": return .textStart
    case "$": return .textEnd
    default: return .scalar(scalar)
    }
  }

  private mutating func group() throws(PatternError) -> PatternNode {
    position += 1
    var isCapturing = true
    if next == "?" {
      position += 1
      guard next == ":" else { throw error("only `(?:` may follow `(?` here") }
      position += 1
      isCapturing = false
    }
    let node = try alternatives()
    guard next == ")" else { throw error("a `(` without its `)`") }
    position += 1
    return isCapturing ? .group(node) : node
  }

  private mutating func escape() throws(PatternError) -> PatternNode {
    position += 1
    guard let scalar = next else { throw error("a `\\` at the end") }
    position += 1
    switch scalar {
    case "b": return .boundary(isNegated: false)
    case "B": return .boundary(isNegated: true)
    default: break
    }
    if let kind = Self.kind(scalar) { return .set(ScalarSet(kinds: [kind])) }
    return .scalar(try literal(escaped: scalar))
  }

  private mutating func characterClass() throws(PatternError) -> ScalarSet {
    position += 1
    var set = ScalarSet()
    if next == "^" {
      set.isNegated = true
      position += 1
    }
    var isFirst = true
    while let scalar = next, isFirst || scalar != "]" {
      isFirst = false
      position += 1
      var low = scalar
      if scalar == "\\" {
        guard let escaped = next else { throw error("a `\\` at the end") }
        position += 1
        if let kind = Self.kind(escaped) {
          set.kinds.append(kind)
          continue
        }
        low = try literal(escaped: escaped)
      }
      set.ranges.append(try range(from: low))
    }
    guard next == "]" else { throw error("a `[` without its `]`") }
    position += 1
    return set
  }

  private mutating func range(
    from low: Unicode.Scalar
  ) throws(PatternError) -> ClosedRange<UInt32> {
    guard next == "-", position + 1 < scalars.count, scalars[position + 1] != "]" else {
      return low.value...low.value
    }
    position += 1
    guard var high = next else { throw error("a range without its end") }
    position += 1
    if high == "\\" {
      guard let escaped = next, Self.kind(escaped) == nil else {
        throw error("a range without its end")
      }
      position += 1
      high = try literal(escaped: escaped)
    }
    guard low.value <= high.value else { throw error("a range in the wrong order") }
    return low.value...high.value
  }

  private static func kind(
    _ scalar: Unicode.Scalar
  ) -> (kind: ScalarSet.Kind, isNegated: Bool)? {
    switch scalar {
    case "d": (.digit, false)
    case "D": (.digit, true)
    case "w": (.word, false)
    case "W": (.word, true)
    case "s": (.space, false)
    case "S": (.space, true)
    default: nil
    }
  }

  private func literal(escaped scalar: Unicode.Scalar) throws(PatternError) -> Unicode.Scalar {
    switch scalar {
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    default: break
    }
    guard !scalar.isOfWord else { throw error("`\\\(scalar)` is unknown") }
    return scalar
  }

  private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

  private func error(_ reason: String) -> PatternError {
    PatternError(position: position, reason: reason)
  }
}
