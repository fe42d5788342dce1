package import Methods

/// Guesses what followed the last tokens when they occurred before, in prompt or output.
///
/// The place is the end of an earlier occurrence of the longest run of last tokens, at least
/// `matchTokensMin` of them; of places with runs of equal length the most recent. A guess that
/// reaches the end of the text goes on with its own tokens, so a loop is guessed to go on.
/// Cost: an append is constant; a draft looks at `candidateCountMax` places of
/// `matchTokenCountMax` tokens. Memory: 24 bytes a token. Deterministic.
/// Source: A. Saxena, Prompt Lookup Decoding, 2023, github.com/apoorvumang/prompt-lookup-decoding.
/// Deviations: the longest match wins instead of the first length that matches, the most recent
/// occurrence instead of the first, the output is searched too, and the length is the caller's.
package struct Lookup: Proposer {
  /// The settings of the lookup.
  package struct Parameters: MethodParameters {
    /// The most tokens guessed at a time, 1 … 64; 0: what the measured cost allows.
    package var draftTokensMax = 0
    /// The shortest repeated run of tokens to trust, 1 … 32.
    package var matchTokensMin = 2

    /// Creates the defaults.
    package init() {}

    /// The first setting that is out of its range.
    package var violation: ParameterViolation? {
      if let violation = draftTokensViolation(draftTokensMax) { return violation }
      return (1...Lookup.matchTokenCountMax).contains(matchTokensMin)
        ? nil
        : ParameterViolation(
          name: "match_tokens_min", value: "\(matchTokensMin)",
          range: "1 to \(Lookup.matchTokenCountMax)")
    }
  }

  /// What the method is.
  package static let card = MethodCard(
    id: "lookup", title: "Prompt lookup",
    source: "Saxena, Prompt Lookup Decoding, 2023",
    needs: [],
    summary: "Guesses what followed the last tokens when they occurred before.")

  /// The longest run that is compared.
  package static let matchTokenCountMax = 32
  /// The most places that a draft looks at for each length of run.
  static let candidateCountMax = 64
  private static let longRun = 6

  private let parameters: Parameters
  private var tokens: [Int32] = []
  /// The places after runs of `matchTokensMin` and of `longRun` tokens.
  private var short: RunIndex
  private var long: RunIndex

  /// Starts after `prompt`.
  package init(_ parameters: Parameters, prompt: [Int32]) {
    self.parameters = parameters
    short = RunIndex(length: parameters.matchTokensMin)
    long = RunIndex(length: max(Self.longRun, parameters.matchTokensMin))
    tokens.reserveCapacity(prompt.count + 64)
    for token in prompt { append(token) }
  }

  /// The most tokens that the settings allow, nil for what the cost allows.
  package var draftTokensMax: Int? {
    parameters.draftTokensMax > 0 ? parameters.draftTokensMax : nil
  }
  /// Who asks for lookup gets a draft wherever there is a match.
  package var isOptional: Bool { false }

  /// Takes the sample's next token.
  package mutating func append(_ token: Int32) {
    tokens.append(token)
    short.append(after: tokens)
    long.append(after: tokens)
  }

  /// The continuation of the longest match.
  package func draft(tokensMax: Int) -> Draft? {
    precondition(tokensMax >= 1, "\(tokensMax) tokens")
    guard let match = longestMatch(in: long) ?? longestMatch(in: short) else { return nil }
    var guesses: [Int32] = []
    for offset in 0..<min(tokensMax, Draft.tokenCountMax) {
      let place = match.place + offset
      guesses.append(place < tokens.count ? tokens[place] : guesses[place - tokens.count])
    }
    return Draft(method: Self.card.id, tokens: guesses, matchTokenCount: match.length)
  }

  private func longestMatch(in index: RunIndex) -> (place: Int, length: Int)? {
    var best: (place: Int, length: Int)?
    var candidate = index.latestPlace
    for _ in 0..<Self.candidateCountMax {
      guard let place = candidate else { break }
      let length = matchLength(before: place)
      if length >= max(index.length, (best?.length ?? 0) + 1) { best = (place, length) }
      if length == Self.matchTokenCountMax { break }
      candidate = index.place(before: place)
    }
    return best
  }

  /// How many tokens before `place` equal the last tokens.
  private func matchLength(before place: Int) -> Int {
    var length = 0
    while length < min(place, Self.matchTokenCountMax),
      tokens[place - 1 - length] == tokens[tokens.count - 1 - length]
    {
      length += 1
    }
    return length
  }
}

/// The places of a text after each run of a certain number of tokens.
///
/// Runs are known by their hash; who uses a place compares the tokens.
private struct RunIndex: Sendable {
  let length: Int
  /// The latest place after the same run as the text's last one, which is not the text's end.
  private(set) var latestPlace: Int?
  private var latest: [UInt64: Int32] = [:]
  /// For each place, the one before it after the same run, −1: none.
  private var earlier: [Int32] = [-1]

  init(length: Int) { self.length = length }

  mutating func append(after tokens: [Int32]) {
    guard tokens.count >= length else {
      earlier.append(-1)
      return
    }
    var hash: UInt64 = 0
    for token in tokens.suffix(length) {
      hash = (hash ^ UInt64(UInt32(bitPattern: token))) &* 0x9e37_79b9_7f4a_7c15
      hash ^= hash >> 29
    }
    let place = latest.updateValue(Int32(truncatingIfNeeded: tokens.count), forKey: hash)
    earlier.append(place ?? -1)
    latestPlace = place.map { Int($0) }
  }

  func place(before place: Int) -> Int? {
    let found = earlier[place]
    return found < 0 ? nil : Int(found)
  }
}
