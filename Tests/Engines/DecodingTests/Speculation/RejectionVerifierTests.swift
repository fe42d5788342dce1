import Foundation
import Testing

@testable import Decoding

/// Gives the middle of chosen twelfths of the unit interval, one after the other.
private struct Twelfths: RandomNumberGenerator, Sendable {
  var digits: [Int]
  private(set) var usedCount = 0

  init(_ digits: [Int]) { self.digits = digits }

  mutating func next() -> UInt64 {
    defer { usedCount += 1 }
    return UInt64((Double(digits[usedCount]) + 0.5) / 12 * 0x1p53) << 11
  }
}

/// The rejection rule over four tokens, by enumeration of all its random numbers.
///
/// All probabilities are quarters, so each decision changes at a multiple of a twelfth, and
/// counting the twelfths gives its probability exactly.
@Suite struct RejectionVerifierTests {
  /// All distributions of four quarters on four tokens.
  private static let distributions: [[Int]] = (0...4).flatMap { a in
    (0...4 - a).flatMap { b in (0...4 - a - b).map { c in [a, b, c, 4 - a - b - c] } }
  }

  private static func logits(_ quarters: [Int]) -> [Float] {
    quarters.map { $0 == 0 ? -.infinity : Float(log(Double($0))) }
  }

  private static var parameters: SamplingParameters {
    var parameters = SamplingParameters()
    parameters.temperature = 1
    return parameters
  }

  /// The probability, in 1/144, of each token that can stand for a guess.
  private static func outcome(_ p: [Int], _ guess: GuessedToken?) -> [Int] {
    var counts = [0, 0, 0, 0]
    let sampler = TokenSampler(parameters, sampleIndex: 0, prompt: [])
    let logits = logits(p)
    for first in 0..<12 {
      for second in 0..<12 {
        var verifier = RejectionVerifier(sampler, chance: Twelfths([first, second]))
        counts[Int(verifier.decide(guess, logits))] += 1
      }
    }
    return counts
  }

  @Test func `a token is distributed as the model says, whatever was guessed`() {
    #expect(Self.distributions.count == 35)
    for p in Self.distributions {
      #expect(Self.outcome(p, nil) == p.map { $0 * 36 })
      for q in Self.distributions {
        var total = [0, 0, 0, 0]
        var confirmed = 0
        for x in 0..<4 where q[x] > 0 {
          let guess = GuessedToken(Int32(x), probabilities: q.map { Double($0) / 4 })
          let counts = Self.outcome(p, guess)
          for token in 0..<4 { total[token] += q[x] * counts[token] }
          confirmed += q[x] * counts[x]
        }
        #expect(total == p.map { $0 * 144 }, "p \(p) q \(q)")
        #expect(confirmed == zip(p, q).reduce(0) { $0 + 144 * min($1.0, $1.1) }, "p \(p) q \(q)")
      }
      for x in 0..<4 {
        let counts = Self.outcome(p, GuessedToken(Int32(x)))
        #expect(counts == p.map { $0 * 36 }, "p \(p), always \(x)")
      }
    }
  }

  @Test func `two steps of guesses leave the distribution of pairs as it is`() {
    // The model's second distribution depends on the first token, and so does the guesser's.
    let p1 = [2, 1, 1, 0]
    let p2 = [[0, 1, 2, 1], [4, 0, 0, 0], [1, 1, 1, 1], [1, 1, 1, 1]]
    let q1 = [1, 0, 2, 1]
    let q2 = [[1, 1, 1, 1], [0, 4, 0, 0], [3, 0, 1, 0], [2, 2, 0, 0]]
    var found = [[Int]](repeating: [0, 0, 0, 0], count: 4)
    for x1 in 0..<4 {
      for x2 in 0..<4 where q1[x1] * q2[x1][x2] > 0 {
        let first = GuessedToken(Int32(x1), probabilities: q1.map { Double($0) / 4 })
        let second = GuessedToken(Int32(x2), probabilities: q2[x1].map { Double($0) / 4 })
        let outcomes = Self.outcome(p1, first)
        for y1 in 0..<4 where outcomes[y1] > 0 {
          // After another token than the guessed one the second guess is void.
          let rest = Self.outcome(p2[y1], y1 == x1 ? second : nil)
          for y2 in 0..<4 {
            found[y1][y2] += q1[x1] * q2[x1][x2] * outcomes[y1] * rest[y2]
          }
        }
      }
    }
    // 16 for the guesses and 144² for the random numbers.
    let expected = (0..<4).map { y1 in
      (0..<4).map { y2 in p1[y1] * p2[y1][y2] * 144 * 144 }
    }
    #expect(found == expected)
  }

  @Test func `penalties follow the tokens that stand`() {
    var parameters = Self.parameters
    parameters.presencePenalty = 2
    var verifier = RejectionVerifier(
      TokenSampler(parameters, sampleIndex: 0, prompt: []), chance: Twelfths([0, 6, 6]))
    let logits: [Float] = [1, 0, -.infinity, -.infinity]
    #expect(verifier.decide(nil, logits) == 0)
    verifier.append(0)
    // 1 − 2 against 0: the first token has 0.27.
    #expect(verifier.decide(nil, logits) == 1)
  }

  @Test func `the coupled rule draws the same token whatever was guessed`() {
    for seed in 0..<500 as Range<UInt64> {
      var parameters = Self.parameters
      parameters.seed = seed
      let sampler = TokenSampler(parameters, sampleIndex: 0, prompt: [])
      let logits: [Float] = [0.1, 0.7, -0.3, 0.4]
      var verifier = CoupledVerifier(sampler)
      let plain = verifier.decide(nil, logits)
      for guess in 0..<4 as Range<Int32> {
        #expect(verifier.decide(GuessedToken(guess), logits) == plain)
      }
    }
  }
}
