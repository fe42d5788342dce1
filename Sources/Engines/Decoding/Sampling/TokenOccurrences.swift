/// How often each token occurred among the last ones.
struct TokenOccurrences: Sendable {
  private(set) var counts: [Int32: Int] = [:]
  private var tokens: [Int32] = []
  private let window: Int

  /// No tokens yet; `window` last ones count, all of them where it is 0.
  init(window: Int) { self.window = window }

  /// Adds the next token of prompt or output.
  mutating func append(_ token: Int32) {
    counts[token, default: 0] += 1
    tokens.append(token)
    guard window > 0, tokens.count > window else { return }
    let leaving = tokens[tokens.count - 1 - window]
    let rest = counts[leaving, default: 0] - 1
    counts[leaving] = rest > 0 ? rest : nil
  }
}
