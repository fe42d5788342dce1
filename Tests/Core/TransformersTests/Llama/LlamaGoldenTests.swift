import Foundation
import ModelFiles
import TestSupport
import Tensors
import Testing

@testable import Transformers

/// SmolLM2-135M-Instruct against what `ops/goldens/llama.py` recorded of llama.cpp.
@Suite(.enabled(if: SharedModels.hasSmolLM2, "\(SharedModels.smolLM2Reason)"))
struct LlamaGoldenTests {
  private struct Golden: Decodable {
    struct Prompt: Decodable {
      let ids: [Int32]
      let top: [[Int]]
      let logprobs: [[Double]]
    }
    struct Text: Decodable {
      let ids: [Int32]
      let mean_nll: Double
    }
    let prompts: [Prompt]
    let text: Text

    static func load() throws -> Golden {
      let url = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Goldens/llama.json")
      return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: url))
    }
  }

  private func logProbabilities(_ model: LlamaModel, _ ids: [Int32]) throws -> [[Double]] {
    let sequence = model.makeSequence()
    defer { model.remove(sequence) }
    let output = ModelOutput()
    try model.run(
      ModelStep(rows: [SequenceRows(sequence: sequence, tokens: ids, logitsFrom: 0)]),
      into: output)
    let width = model.vocabularySize
    return ids.indices.map { index in
      let row = output.logits[index * width..<(index + 1) * width].map { Double($0) }
      let top = row.max() ?? 0
      let total = top + log(row.reduce(0) { $0 + exp($1 - top) })
      return row.map { $0 - total }
    }
  }

  private func model(_ path: KernelPath, threads: Int = 2) throws -> LlamaModel {
    try LlamaModel(
      try GGUFFile(path: SharedModels.smolLM2), path: path, threadCount: threads,
      positionCountMax: 2048)
  }

  // The portable version takes minutes for a thousand tokens.
  @Test(arguments: KernelPath.supported.filter { $0 != .portable })
  func `llama.cpp's distributions, likeliest tokens and perplexity are reproduced`(
    path: KernelPath
  ) throws {
    let golden = try Golden.load()
    let model = try model(path)
    var (agreed, count, divergence) = (0, 0, 0.0)
    for prompt in golden.prompts {
      let found = try logProbabilities(model, prompt.ids)
      for (row, (top, expected)) in zip(found, zip(prompt.top, prompt.logprobs)) {
        let best = row.indices.max { row[$0] < row[$1] }
        if best == top.first { agreed += 1 }
        divergence += self.divergence(row, top, expected)
        count += 1
      }
    }
    let agreement = Double(agreed) / Double(count)
    #expect(agreement >= 0.99, "\(agreed) of \(count)")
    #expect(divergence / Double(count) <= 1e-3, "\(divergence / Double(count))")

    let ids = golden.text.ids
    let rows = try logProbabilities(model, ids)
    let loss = zip(rows, ids.dropFirst()).reduce(0) { $0 - $1.0[Int($1.1)] }
    let ratio = exp(loss / Double(ids.count - 1) - golden.text.mean_nll)
    #expect(abs(ratio - 1) <= 0.005, "perplexity ratio \(ratio)")
  }

  /// The divergence of a row from the recorded one, all tokens but the recorded ones being one.
  private func divergence(_ row: [Double], _ top: [Int], _ expected: [Double]) -> Double {
    var (sum, rest, restFound) = (0.0, 1.0, 1.0)
    for (id, value) in zip(top, expected) {
      sum += exp(value) * (value - row[id])
      rest -= exp(value)
      restFound -= exp(row[id])
    }
    return rest > 1e-6 ? sum + rest * log(rest / max(restFound, 1e-9)) : sum
  }

  @Test func `logits are as close to exact ones as rounding activations allows`() throws {
    let golden = try Golden.load()
    let ids = Array(golden.prompts[0].ids.prefix(5))
    var plain = try PlainLlama(try GGUFFile(path: SharedModels.smolLM2))
    let exact = try plain.logits(ids).flatMap { $0 }
    plain.noise = .uniform(seed: 1)
    let drawn = rootMeanSquare(try plain.logits(ids).flatMap { $0 }, exact)
    for path in KernelPath.supported {
      let model = try model(path)
      let sequence = model.makeSequence()
      let output = ModelOutput()
      try model.run(
        ModelStep(rows: [SequenceRows(sequence: sequence, tokens: ids, logitsFrom: 0)]),
        into: output)
      let error = rootMeanSquare(output.logits, exact)
      #expect(error < 1.5 * drawn, "\(path.rawValue): \(error), drawn \(drawn)")
    }
  }

  private func rootMeanSquare(_ a: [Float], _ b: [Float]) -> Double {
    var sum = 0.0
    for (x, y) in zip(a, b) { sum += Double((x - y) * (x - y)) }
    return (sum / Double(b.count)).squareRoot()
  }

  @Test func `logits are the same bits alone, in a batch, as drafts, with one or two threads`()
    throws
  {
    let golden = try Golden.load()
    let ids = Array(golden.text.ids.prefix(300))
    let single = try model(.best, threads: 1)
    let double = try model(.best, threads: 2)
    let width = single.vocabularySize
    func hash(_ values: ArraySlice<Float>) -> Int {
      var hasher = Hasher()
      for value in values { hasher.combine(value.bitPattern) }
      return hasher.finalize()
    }
    func hashes(_ model: LlamaModel, _ sizes: [Int], beside: Int) throws -> [Int] {
      let sequence = model.makeSequence()
      let others = (0..<beside).map { _ in model.makeSequence() }
      let output = ModelOutput()
      var hashes: [Int] = []
      var first = 0
      for size in sizes {
        var step = ModelStep(rows: [
          SequenceRows(
            sequence: sequence, tokens: Array(ids[first..<first + size]),
            logitsFrom: first == 0 ? size : 0)
        ])
        for (index, other) in others.enumerated() {
          step.rows.append(
            SequenceRows(sequence: other, tokens: [ids[first + index]], logitsFrom: 0))
        }
        try model.run(step, into: output)
        if first > 0 {
          hashes += (0..<size).map { hash(output.logits[$0 * width..<($0 + 1) * width]) }
        }
        first += size
      }
      return hashes
    }
    let expected = try hashes(single, [270] + Array(repeating: 1, count: 30), beside: 0)
    for (model, sizes, beside) in [
      (single, [270, 30], 0), (single, [270, 2, 3, 4, 5, 16], 2), (double, [270, 30], 3),
      (double, [270] + Array(repeating: 1, count: 30), 1), (double, [270, 4, 4, 4, 4, 7, 7], 0),
    ] {
      #expect(
        try hashes(model, sizes, beside: beside) == expected,
        "\(model.threadCount) threads, \(sizes), beside \(beside)")
    }
  }
}
