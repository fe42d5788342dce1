@testable import Decoding

// A span cannot be written inside an expectation, so the tests hand over arrays.

func argmax(_ logits: [Float]) -> Int? { argmax(logits.span) }

func logSumExp(_ logits: [Float], scale: Float = 1) -> Double {
  logSumExp(logits.span, scale: scale)
}

func entropy(_ logits: [Float], _ sum: Double) -> Float { entropy(logits.span, sum) }

extension TokenSampler {
  mutating func draw(_ logits: [Float]) -> Int32 { draw(logits.span) }
  mutating func probabilities(_ logits: [Float]) -> [Double] { probabilities(logits.span) }
}

extension TokenReport {
  func decided(_ token: Int32, _ logits: [Float]) -> DecidedToken { decided(token, logits.span) }
}

extension Verifier {
  mutating func decide(_ guess: GuessedToken?, _ logits: [Float]) -> Int32 {
    decide(guess, logits.span)
  }
}
