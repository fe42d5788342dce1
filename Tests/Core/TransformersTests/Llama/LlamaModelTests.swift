import ModelFiles
import TestSupport
import Tensors
import Testing

@testable import Transformers

/// Small models with random weights.
@Suite struct LlamaModelTests {
  static let paths = KernelPath.supported

  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func model(
    _ tiny: TinyLlama = TinyLlama(), path: KernelPath = .best, threads: Int = 1,
    positions: Int = 4096
  ) throws -> LlamaModel {
    try LlamaModel(
      try tiny.file(in: folder.path), path: path, threadCount: threads,
      positionCountMax: positions)
  }

  private func tokens(_ count: Int, seed: UInt64 = 3) -> [Int32] {
    var generator = SplitMix64(seed: seed)
    return (0..<count).map { _ in Int32(generator.next() % 67) }
  }

  /// The logits of every token of a sequence that is computed in steps of these sizes.
  private func logits(
    _ model: LlamaModel, _ tokens: [Int32], steps: [Int]
  ) throws -> [[Float]] {
    let sequence = model.makeSequence()
    defer { model.remove(sequence) }
    let output = ModelOutput()
    var rows: [[Float]] = []
    var first = 0
    for size in steps {
      let part = Array(tokens[first..<first + size])
      try model.run(
        ModelStep(rows: [SequenceRows(sequence: sequence, tokens: part, logitsFrom: 0)]),
        into: output)
      for row in 0..<size { rows.append(self.row(output.logits, row, model.vocabularySize)) }
      first += size
    }
    return rows
  }

  private func row(_ values: [Float], _ index: Int, _ width: Int) -> [Float] {
    Array(values[index * width..<(index + 1) * width])
  }

  @Test(arguments: paths, WeightFormat.allCases)
  func `logits are as close to exact ones as rounding activations allows`(
    path: KernelPath, format: WeightFormat
  ) throws {
    var tiny = TinyLlama()
    tiny.format = format
    tiny.embeddingFormat = format == .q4_0 ? .f16 : .q8_0
    tiny.hasOutput = format == .f32
    let file = try tiny.file(in: folder.path)
    let ids = tokens(40)
    var plain = try PlainLlama(file)
    let exact = try plain.logits(ids).flatMap { $0 }
    // The scale of the error is that of errors drawn at random with the sizes of the roundings.
    var drawn: [Double] = []
    for seed: UInt64 in 0..<4 {
      plain.noise = .uniform(seed: seed)
      drawn.append(rootMeanSquare(try plain.logits(ids).flatMap { $0 }, exact))
    }
    let found = try logits(try model(tiny, path: path), ids, steps: [40]).flatMap { $0 }
    let limit = 1.5 * (drawn.max() ?? 0)
    #expect(rootMeanSquare(found, exact) < limit, "\(drawn)")
  }

  private func rootMeanSquare(_ a: [Float], _ b: [Float]) -> Double {
    var sum = 0.0
    for (x, y) in zip(a, b) { sum += Double((x - y) * (x - y)) }
    return (sum / Double(a.count)).squareRoot()
  }

  @Test(arguments: paths, [WeightFormat.q4_1, .q4_0, .f16])
  func `logits are the same bits for every way to split a sequence and one or two threads`(
    path: KernelPath, format: WeightFormat
  ) throws {
    var tiny = TinyLlama()
    tiny.format = format
    let ids = tokens(300)
    let single = try model(tiny, path: path)
    let whole = try logits(single, ids, steps: [300])
    let double = try model(tiny, path: path, threads: 2)
    for (model, steps) in [
      (single, Array(repeating: 1, count: 300)), (single, [1, 2, 3, 5, 8, 16, 64, 101, 100]),
      (double, [300]), (double, [250] + Array(repeating: 2, count: 25)),
    ] {
      let found = try logits(model, ids, steps: steps)
      #expect(found == whole, "\(model.threadCount) threads, \(steps.prefix(9))")
    }
  }

  @Test(arguments: paths)
  func `logits are the same bits beside other sequences`(path: KernelPath) throws {
    let model = try model(path: path, threads: 2)
    let texts = (0..<5).map { tokens(40 + 70 * $0, seed: UInt64($0)) }
    let alone = try texts.map { try logits(model, $0, steps: [$0.count]) }
    let sequences = texts.map { _ in model.makeSequence() }
    var done = texts.map { _ in 0 }
    var generator = SplitMix64(seed: 9)
    let output = ModelOutput()
    while zip(done, texts).contains(where: { $0 < $1.count }) {
      var step = ModelStep()
      var members: [(text: Int, first: Int)] = []
      for text in texts.indices where done[text] < texts[text].count {
        let count = min(1 + Int(generator.next() % 9), texts[text].count - done[text])
        let part = Array(texts[text][done[text]..<done[text] + count])
        // Logits are asked for from some token on, so that rows without any lie between.
        let from = Int(generator.next() % UInt64(count + 1))
        step.rows.append(
          SequenceRows(sequence: sequences[text], tokens: part, logitsFrom: from))
        for index in from..<count { members.append((text, done[text] + index)) }
        done[text] += count
      }
      try model.run(step, into: output)
      for (index, member) in members.enumerated() {
        #expect(
          row(output.logits, index, model.vocabularySize) == alone[member.text][member.first])
      }
    }
  }

  @Test func `forks go on as their origin would, and neither disturbs the other`() throws {
    let model = try model()
    let (start, left, right) = (tokens(100), tokens(30, seed: 5), tokens(30, seed: 6))
    let expectedLeft = try logits(model, start + left, steps: [130])
    let expectedRight = try logits(model, start + right, steps: [130])
    let origin = model.makeSequence()
    let output = ModelOutput()
    try model.run(
      ModelStep(rows: [SequenceRows(sequence: origin, tokens: start, logitsFrom: 100)]),
      into: output)
    let fork = model.fork(origin)
    for index in 0..<30 {
      try model.run(
        ModelStep(rows: [
          SequenceRows(sequence: origin, tokens: [left[index]], logitsFrom: 0),
          SequenceRows(sequence: fork, tokens: [right[index]], logitsFrom: 0),
        ]), into: output)
      #expect(row(output.logits, 0, 67) == expectedLeft[100 + index])
      #expect(row(output.logits, 1, 67) == expectedRight[100 + index])
    }
    #expect(model.positionCount(of: fork) == 130)
  }

  @Test(arguments: [0, 1, 63, 64, 65, 99, 100])
  func `a truncated sequence goes on as if the rest had never been`(count: Int) throws {
    let model = try model()
    let (start, wrong, right) = (tokens(100), tokens(80, seed: 7), tokens(20, seed: 8))
    let expected = try logits(
      model, Array(start[..<count]) + right, steps: [count + 20])
    let sequence = model.makeSequence()
    let output = ModelOutput()
    try model.run(
      ModelStep(rows: [SequenceRows(sequence: sequence, tokens: start + wrong, logitsFrom: 180)]),
      into: output)
    model.truncate(sequence, to: count)
    try model.run(
      ModelStep(rows: [SequenceRows(sequence: sequence, tokens: right, logitsFrom: 0)]),
      into: output)
    for index in 0..<20 { #expect(row(output.logits, index, 67) == expected[count + index]) }
  }

  @Test func `hidden states are those after a layer, or after the last norm`() throws {
    let model = try model()
    let ids = tokens(9)
    let output = ModelOutput()
    func states(_ layer: Int?, logitsFrom: Int) throws -> [Float] {
      let sequence = model.makeSequence()
      defer { model.remove(sequence) }
      let rows = SequenceRows(
        sequence: sequence, tokens: ids, logitsFrom: logitsFrom, hiddenLayer: layer)
      try model.run(ModelStep(rows: [rows]), into: output)
      return Array(output.hiddenStates.prefix(9 * 64))
    }
    let first = try states(1, logitsFrom: 9)
    let second = try states(2, logitsFrom: 9)
    let last = try states(0, logitsFrom: 0)
    let logits = output.logits
    #expect(first != second && second != last)
    // The logits are the products of the last states with the embedding.
    let plain = try model.weights.embedding.rows()
    for token in 0..<9 {
      for (id, embedding) in plain.enumerated() {
        var sum: Float = 0
        for index in 0..<64 { sum += last[token * 64 + index] * embedding[index] }
        #expect(abs(sum - logits[token * 67 + id]) < 0.1)
      }
    }
    // Nobody's states change when somebody else asks for other ones.
    let (a, b) = (model.makeSequence(), model.makeSequence())
    try model.run(
      ModelStep(rows: [
        SequenceRows(sequence: a, tokens: ids, logitsFrom: 9, hiddenLayer: 1),
        SequenceRows(sequence: b, tokens: ids, logitsFrom: 4, hiddenLayer: 0),
      ]), into: output)
    #expect(Array(output.hiddenStates.prefix(9 * 64)) == first)
    #expect(Array(output.hiddenStates[9 * 64..<18 * 64]) == last)
  }

  @Test func `a step that has no room changes nothing`() throws {
    let model = try model(positions: 3 * 64)
    let (a, b) = (model.makeSequence(), model.makeSequence())
    let output = ModelOutput()
    func step(_ sequence: SequenceID, _ count: Int) -> ModelStep {
      ModelStep(rows: [
        SequenceRows(sequence: sequence, tokens: tokens(count), logitsFrom: count)
      ])
    }
    try model.run(step(a, 100), into: output)
    #expect(model.freePositionCount == 64)
    #expect(throws: ModelStepError.cacheFull(needed: 128, free: 64)) {
      try model.run(step(b, 65), into: output)
    }
    #expect(model.positionCount(of: b) == 0 && model.freePositionCount == 64)
    try model.run(step(b, 64), into: output)
    #expect(throws: ModelStepError.cacheFull(needed: 64, free: 0)) {
      try model.run(step(b, 1), into: output)
    }
    try model.run(step(a, 28), into: output)
    model.remove(a)
    #expect(model.freePositionCount == 128)
    #expect(throws: ModelStepError.contextFull(positions: 1025, limit: 1024)) {
      try model.run(step(b, 961), into: output)
    }
    let bad = SequenceRows(sequence: b, tokens: [3, 67], logitsFrom: 2)
    #expect(throws: ModelStepError.unknownToken(id: 67, vocabularySize: 67)) {
      try model.run(ModelStep(rows: [bad]), into: output)
    }
    let deep = SequenceRows(sequence: b, tokens: [3], logitsFrom: 1, hiddenLayer: 3)
    #expect(throws: ModelStepError.unknownLayer(layer: 3, layerCount: 2)) {
      try model.run(ModelStep(rows: [deep]), into: output)
    }
    #expect(model.positionCount(of: b) == 64)
  }
}

extension QuantizedMatrix {
  /// All rows.
  fileprivate func rows() throws -> [[Float]] {
    (0..<rowCount).map { index in
      var row = [Float](repeating: 0, count: columnCount)
      copyRow(index, to: &row)
      return row
    }
  }
}
