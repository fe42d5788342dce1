import Tensors

@testable import Decoding

// A span cannot be written inside an expectation, so the tests hand over arrays.

func argmax(_ logits: [Float], on path: KernelPath = .best) -> Int? {
  argmax(logits.span, on: path)
}

func logSumExp(_ logits: [Float], scale: Float = 1, on path: KernelPath = .best) -> Double {
  logSumExp(logits.span, scale: scale, on: path)
}

func entropy(_ logits: [Float], _ sum: Double) -> Float { entropy(logits.span, sum) }

extension TokenSampler {
  mutating func draw(_ logits: [Float]) -> Int32 { draw(logits.span) }
  mutating func probabilities(_ logits: [Float]) -> [Double] { probabilities(logits.span) }
}

extension TokenReport {
  func decided(_ token: Int32, _ logits: [Float]) -> DecidedToken {
    decided(token, logits.span, on: .best)
  }
}

extension Verifier {
  mutating func decide(_ guess: GuessedToken?, _ logits: [Float]) -> Int32 {
    decide(guess, logits.span)
  }
}
