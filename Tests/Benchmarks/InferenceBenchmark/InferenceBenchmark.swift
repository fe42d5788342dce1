private import Foundation
private import ModelFiles
private import Tensors
private import Transformers

/// Times a language model for `ops/bench-inference`, one run at a time, so that peers run in
/// between.
///
/// Reads commands from standard input, one a line, and answers each with one line:
/// `load MODEL THREADS POSITIONS [KERNELS]` (seconds, version of the kernels), `memory` (bytes that
/// are resident now, the most that were, the file, the cache), `decode CONTEXT COUNT` (seconds a
/// token of `COUNT` greedy ones), `prompt COUNT` (seconds), `verify CONTEXT COUNT` (seconds of
/// `COUNT` tokens at once with all logits) and `batch SEQUENCES CONTEXT COUNT` (seconds of a step
/// with one token of each).
@main struct InferenceBenchmark {
  private var model: LlamaModel?
  private var fileByteCount = 0
  private let output = ModelOutput()

  static func main() throws {
    var benchmark = InferenceBenchmark()
    while let line = readLine() {
      print(try benchmark.answer(line.split(separator: " ").map(String.init)))
      fflush(nil)
    }
  }

  private mutating func answer(_ words: [String]) throws -> String {
    let numbers = words.dropFirst().map { Int($0) ?? 0 }
    switch (words.first, numbers.count) {
    case ("load", 3), ("load", 4):
      let path = words.count == 5 ? KernelPath(rawValue: words[4]) ?? .best : .best
      model = nil
      let start = ContinuousClock.now
      let file = try GGUFFile(path: words[1])
      model = try LlamaModel(
        file, path: path, threadCount: numbers[1], positionCountMax: numbers[2])
      fileByteCount = file.byteCount
      return "\(seconds(since: start)) \(path.rawValue)"
    case ("memory", 0): return try memory()
    case ("decode", 2): return try "\(decode(sequences: 1, context: numbers[0], numbers[1]))"
    case ("batch", 3):
      return try "\(decode(sequences: numbers[0], context: numbers[1], numbers[2]))"
    case ("prompt", 1): return try "\(atOnce(numbers[0], context: 0, logitsFrom: numbers[0] - 1))"
    case ("verify", 2): return try "\(atOnce(numbers[1], context: numbers[0], logitsFrom: 0))"
    default: return "unknown command"
    }
  }

  /// The seconds of a step of one greedy token for each of some sequences.
  private func decode(sequences count: Int, context: Int, _ steps: Int) throws -> Double {
    guard let model else { return 0 }
    let sequences = try (0..<count).map { try sequence(model, context: context, seed: $0) }
    defer { for sequence in sequences { model.remove(sequence) } }
    var tokens = sequences.indices.map { Int32(100 + $0) }
    let start = ContinuousClock.now
    for _ in 0..<steps {
      let rows = zip(sequences, tokens).map {
        SequenceRows(sequence: $0, tokens: [$1], logitsFrom: 0)
      }
      try model.run(ModelStep(rows: rows), into: output)
      for index in tokens.indices {
        let row = index * model.vocabularySize..<(index + 1) * model.vocabularySize
        tokens[index] = Int32(output.logits[row].firstGreatest - row.lowerBound)
      }
    }
    return seconds(since: start) / Double(steps)
  }

  /// The seconds of some tokens in one step.
  private func atOnce(_ count: Int, context: Int, logitsFrom: Int) throws -> Double {
    guard let model else { return 0 }
    let sequence = try sequence(model, context: context, seed: 0)
    defer { model.remove(sequence) }
    let rows = SequenceRows(
      sequence: sequence, tokens: text(count, seed: 1), logitsFrom: logitsFrom)
    let start = ContinuousClock.now
    try model.run(ModelStep(rows: [rows]), into: output)
    return seconds(since: start)
  }

  private func sequence(_ model: LlamaModel, context: Int, seed: Int) throws -> SequenceID {
    let sequence = model.makeSequence()
    guard context > 0 else { return sequence }
    let rows = SequenceRows(
      sequence: sequence, tokens: text(context, seed: seed), logitsFrom: context)
    try model.run(ModelStep(rows: [rows]), into: output)
    return sequence
  }

  /// Tokens without meaning, the same as the peer's.
  private func text(_ count: Int, seed: Int) -> [Int32] {
    (0..<count).map { Int32(1_000 + ($0 * 7_919 + seed * 104_729) % 40_000) }
  }

  private func memory() throws -> String {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let values = ["VmRSS:", "VmHWM:"].map { key in
      let line = status.split(separator: "\n").first { $0.hasPrefix(key) } ?? ""
      return (line.split(separator: " ").compactMap { Int($0) }.first ?? 0) * 1_024
    }
    return "\(values[0]) \(values[1]) \(fileByteCount) \(model?.cacheByteCount ?? 0)"
  }

  private func seconds(since start: ContinuousClock.Instant) -> Double {
    (ContinuousClock.now - start) / .seconds(1)
  }
}

extension ArraySlice<Float> {
  /// The index of the greatest element, the first of equals.
  fileprivate var firstGreatest: Int {
    withUnsafeBufferPointer { values in
      var best = 0
      for index in values.indices where values[index] > values[best] { best = index }
      return startIndex + best
    }
  }
}
