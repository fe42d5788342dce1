private import Encoding
private import Foundation
private import ModelFiles
private import Scheduling
private import Synchronization
private import Tensors
private import Transformers

/// Times the text encoder for `ops/bench-encoder`, one run at a time, so that peers run in between.
///
/// Reads commands from standard input, one a line, and answers each with one line:
/// `load MODEL [KERNELS]`, `texts FILE.jsonl COUNT`, `run THREADS BATCH_TOKENS` (seconds of one
/// run, tokens), `tokenize` (seconds, tokens) and `save FILE.npy` (the vectors of the last run).
@main struct EncoderBenchmark {
  private var encoder: SentenceEncoder?
  private var texts: [String] = []
  private var features = Matrix<Float>(rowCount: 0, columnCount: 0, elements: [])

  private struct Row: Decodable { let text: String }

  static func main() async throws {
    var benchmark = EncoderBenchmark()
    while let line = readLine() {
      print(try await benchmark.answer(line.split(separator: " ").map(String.init)))
      fflush(nil)
    }
  }

  private mutating func answer(_ words: [String]) async throws -> String {
    switch (words.first, words.count) {
    case ("load", 2), ("load", 3):
      let path = words.count == 3 ? KernelPath(rawValue: words[2]) ?? .best : .best
      encoder = try SentenceEncoder(SentenceEncoderFolder(path: words[1]), path: path)
      return "ready \(path.rawValue)"
    case ("texts", 3):
      let lines = try Data(contentsOf: URL(filePath: words[1])).split(separator: 10)
      texts = try lines.prefix(Int(words[2]) ?? 0).map {
        try JSONDecoder().decode(Row.self, from: $0).text
      }
      return "\(texts.count)"
    case ("tokenize", 1):
      let start = ContinuousClock.now
      let tokens = try texts.reduce(0) { $0 + (try encoder?.tokenize($1).ids.count ?? 0) }
      return "\((ContinuousClock.now - start) / .seconds(1)) \(tokens)"
    case ("run", 3):
      let start = ContinuousClock.now
      let tokens = try await run(threads: Int(words[1]) ?? 1, batchTokens: Int(words[2]) ?? 512)
      return "\((ContinuousClock.now - start) / .seconds(1)) \(tokens)"
    case ("save", 2):
      try features.writeNumpy(to: words[1])
      return "saved"
    default:
      return "unknown command"
    }
  }

  /// Encodes all texts in the order of the file, in batches that threads take when they are free.
  private mutating func run(threads: Int, batchTokens: Int) async throws -> Int {
    guard let encoder else { return 0 }
    let tokens = try texts.map { try encoder.tokenize($0).ids }
    var batcher = TokenBudgetBatcher<Int>(
      limits: .init(
        batchTokensMax: batchTokens, queueTokensMax: .max, queueItemsMax: max(1, tokens.count)))
    try batcher.submit(caller: 1, tokens.enumerated().map { ($1.count, $0) })
    let queue = SharedBatches(batcher)
    let executor = ComputeExecutor(name: "bench", threadCount: threads)
    let parts = try await withThrowingTaskGroup(of: [(Int, [Float])].self) { group in
      for _ in 0..<threads {
        group.addTask {
          try await executor.run {
            let workspace = BERTWorkspace()
            var rows: [(Int, [Float])] = []
            while case let batch = queue.next(), !batch.isEmpty {
              let sequences = PackedSequences(batch.map { tokens[$0.payload] })
              let found = encoder.encode(sequences, workspace: workspace).features
              for (row, item) in batch.enumerated() { rows.append((item.payload, found.row(row))) }
            }
            return rows
          }
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    features = Matrix(
      rowCount: texts.count, columnCount: encoder.dimensionCount,
      elements: parts.sorted { $0.0 < $1.0 }.flatMap(\.1))
    return tokens.reduce(0) { $0 + $1.count }
  }
}

/// Batches that several threads take in turn.
private final class SharedBatches: Sendable {
  private let batcher: Mutex<TokenBudgetBatcher<Int>>

  init(_ batcher: TokenBudgetBatcher<Int>) { self.batcher = Mutex(batcher) }

  func next() -> [TokenBudgetBatcher<Int>.Item] { batcher.withLock { $0.nextBatch() } }
}
