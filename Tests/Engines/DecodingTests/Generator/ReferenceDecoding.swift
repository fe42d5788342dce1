@testable import Decoding
import Foundation
import TestSupport

/// The tokens of the tests: letters, parts of characters, NUL, bytes that are no text, control
/// tokens.
enum TestTokens {
  static let bytes: [[UInt8]] =
    (0..<18).map { [UInt8(97 + $0)] } + [
      [0xC3], [0xA9], [0xE2, 0x82], [0xAC], [0], Array("ab".utf8), Array(" the".utf8),
      [0xF0, 0x9F, 0x98, 0x80], [0xFF], [0x63, 0xE2], Array("b\u{e9}c".utf8), [], [], [],
    ]
  static let endTokens: [Int32] = [29, 30]
  static let startToken: Int32 = 31

  static var table: TokenTable {
    let bytes = bytes
    return TokenTable(endTokens: endTokens, startToken: startToken) { bytes[Int($0)] }
  }
}

/// One sample as a whole.
struct WholeSample: Equatable, CustomStringConvertible {
  var tokens: [DecidedToken] = []
  var text = ""
  var reason: EndReason?
  var tokenCount = 0
  var logProbability = 0.0

  var description: String {
    "\(tokens.map(\.token)) \(text.debugDescription) \(String(describing: reason))"
  }
}

/// Decoding written plainly: one sample, one token at a time, the whole text searched each time.
struct ReferenceDecoding {
  let model: HashModel

  func sample(_ job: GenerationJob, index: Int) -> WholeSample {
    let prompt = job.prompt.isEmpty ? [TestTokens.startToken] : job.prompt
    var sampler = TokenSampler(job.sampling, sampleIndex: index, prompt: prompt)
    var sample = WholeSample()
    var bytes: [UInt8] = []
    while sample.reason == nil {
      let logits = model.logits(after: prompt + sample.tokens.map(\.token))
      let token = sampler.draw(logits.span)
      if TestTokens.endTokens.contains(token), !job.stop.ignoresEndTokens {
        sample.reason = .endToken
        break
      }
      sampler.append(token)
      let logProbabilities = Self.logProbabilities(logits)
      sample.logProbability += Double(logProbabilities[Int(token)])
      sample.tokens.append(decided(token, logProbabilities, job.report))
      for byte in TestTokens.bytes[Int(token)] where sample.reason == nil {
        bytes.append(byte)
        let complete = job.stop.strings.filter {
          bytes.suffix($0.utf8.count) == Array($0.utf8)[...]
        }
        if let found = complete.max(by: { $0.utf8.count < $1.utf8.count }) {
          bytes.removeLast(found.utf8.count)
          sample.reason = .stopString(found)
        }
      }
      if sample.reason != nil { break }
      if job.stop.tokens.contains(token) {
        sample.reason = .stopToken
      } else if sample.tokens.count == job.stop.tokensMax {
        sample.reason = .tokenLimit
      } else if prompt.count + sample.tokens.count == model.contextLength {
        sample.reason = .contextFull
      }
    }
    sample.tokenCount = sample.tokens.count
    sample.text = String(decoding: bytes, as: UTF8.self).replacing("\0", with: "\u{FFFD}")
    return sample
  }

  static func logProbabilities(_ logits: [Float]) -> [Float] {
    let highest = Double(logits.max() ?? 0)
    let sum = logits.reduce(0) { $0 + exp(Double($1) - highest) }
    return logits.map { Float(Double($0) - highest - log(sum)) }
  }

  private func decided(
    _ token: Int32, _ logProbabilities: [Float], _ report: TokenReport
  ) -> DecidedToken {
    guard report.logProbabilities || report.topCount > 0 else {
      return DecidedToken(token: token, logProbability: 0, top: [])
    }
    let order = logProbabilities.indices.sorted {
      (logProbabilities[$1], $0) < (logProbabilities[$0], $1)
    }
    return DecidedToken(
      token: token, logProbability: logProbabilities[Int(token)],
      top: order.prefix(report.topCount).map {
        TokenLikelihood(token: Int32($0), logProbability: logProbabilities[$0])
      })
  }
}

extension WholeSample {
  /// Whether two samples are the same but for the rounding of their log-probabilities.
  func isClose(to other: WholeSample) -> Bool {
    guard text == other.text, reason == other.reason, tokenCount == other.tokenCount,
      tokens.map(\.token) == other.tokens.map(\.token),
      abs(logProbability - other.logProbability) < 1e-3
    else { return false }
    return zip(tokens, other.tokens).allSatisfy { mine, yours in
      abs(mine.logProbability - yours.logProbability) < 1e-4
        && mine.top.map(\.token) == yours.top.map(\.token)
        && zip(mine.top, yours.top).allSatisfy {
          abs($0.logProbability - $1.logProbability) < 1e-4
        }
    }
  }
}
