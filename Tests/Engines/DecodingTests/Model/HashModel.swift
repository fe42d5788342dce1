import Decoding
import Transformers

/// A language model whose logits are noise that depends on the tokens before a position.
///
/// Most of the noise hangs on the last token, so texts repeat themselves and guesses come
/// true; a little hangs on all of them, so that a wrong cache shows.
final class HashModel {
  let vocabularySize: Int
  let contextLength: Int
  let positionsPerPage: Int
  let pageCount: Int
  let hiddenSize = 3
  let layerCount = 2
  /// The runs so far, and the tokens in them.
  private(set) var runCount = 0
  private(set) var tokenCount = 0
  private var sequences: [SequenceID: Sequence] = [:]
  private var holders: [Int: Int] = [:]
  private var freePages: [Int]
  private var nextIndex = 0

  private struct Sequence {
    var tokens: [Int32] = []
    var pages: [Int] = []
  }

  init(
    vocabularySize: Int = 32, contextLength: Int = 256, positionsPerPage: Int = 8,
    pageCount: Int = 256
  ) {
    self.vocabularySize = vocabularySize
    self.contextLength = contextLength
    self.positionsPerPage = positionsPerPage
    self.pageCount = pageCount
    freePages = Array((0..<pageCount).reversed())
  }

  /// The sequences that were made and not removed.
  var sequenceCount: Int { sequences.count }

  /// The logits after `tokens`.
  func logits(after tokens: some Collection<Int32>) -> [Float] {
    let last = Self.hash(tokens.suffix(1))
    let all = Self.hash(tokens)
    return (0..<vocabularySize).map { token in
      6 * Self.noise(last, token) + 0.4 * Self.noise(all, token)
    }
  }

  /// The hidden state after `tokens`.
  func hiddenState(after tokens: some Collection<Int32>, layer: Int) -> [Float] {
    let all = Self.hash(tokens)
    return (0..<hiddenSize).map { Self.noise(all, 1000 * layer + $0) }
  }

  private static func hash(_ tokens: some Collection<Int32>) -> UInt64 {
    tokens.reduce(0x1234_5678) { mixed($0 &* 31 &+ UInt64(UInt32(bitPattern: $1))) }
  }

  private static func noise(_ hash: UInt64, _ token: Int) -> Float {
    Float(mixed(hash ^ (UInt64(token) &* 0x9e37_79b9_7f4a_7c15)) >> 40) * 0x1p-24 * 2 - 1
  }

  private static func mixed(_ value: UInt64) -> UInt64 {
    var mixed = value &+ 0x9e37_79b9_7f4a_7c15
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  private func find(_ id: SequenceID) -> Sequence {
    guard let sequence = sequences[id] else { preconditionFailure("no sequence \(id)") }
    return sequence
  }

  private func release(_ page: Int) {
    holders[page, default: 0] -= 1
    if holders[page] == 0 { freePages.append(page) }
  }

  private func pagesNeeded(by rows: SequenceRows) -> Int {
    let sequence = find(rows.sequence)
    let count = sequence.tokens.count
    let pages = (count + rows.tokens.count + positionsPerPage - 1) / positionsPerPage
    let copies = sharesItsEnd(sequence) ? 1 : 0
    return pages - sequence.pages.count + copies
  }

  private func sharesItsEnd(_ sequence: Sequence) -> Bool {
    guard sequence.tokens.count % positionsPerPage != 0, let last = sequence.pages.last else {
      return false
    }
    return holders[last, default: 0] > 1
  }

  private func takePage() -> Int {
    guard let page = freePages.popLast() else { preconditionFailure("no page is free") }
    holders[page] = 1
    return page
  }

  private func append(_ rows: SequenceRows) {
    var sequence = find(rows.sequence)
    if sharesItsEnd(sequence), let last = sequence.pages.popLast() {
      release(last)
      sequence.pages.append(takePage())
    }
    sequence.tokens += rows.tokens
    while sequence.pages.count * positionsPerPage < sequence.tokens.count {
      sequence.pages.append(takePage())
    }
    sequences[rows.sequence] = sequence
  }
}

extension HashModel: LanguageModel {
  var freePositionCount: Int { freePages.count * positionsPerPage }

  func makeSequence() -> SequenceID {
    nextIndex += 1
    let id = SequenceID(index: nextIndex)
    sequences[id] = Sequence()
    return id
  }

  func fork(_ sequence: SequenceID) -> SequenceID {
    let origin = find(sequence)
    for page in origin.pages { holders[page, default: 0] += 1 }
    let id = makeSequence()
    sequences[id] = origin
    return id
  }

  func truncate(_ sequence: SequenceID, to positionCount: Int) {
    var changed = find(sequence)
    precondition(positionCount <= changed.tokens.count, "\(positionCount) of a shorter sequence")
    changed.tokens.removeLast(changed.tokens.count - positionCount)
    let pages = (positionCount + positionsPerPage - 1) / positionsPerPage
    for page in changed.pages[pages...] { release(page) }
    changed.pages.removeLast(changed.pages.count - pages)
    sequences[sequence] = changed
  }

  func remove(_ sequence: SequenceID) {
    for page in find(sequence).pages { release(page) }
    sequences[sequence] = nil
  }

  func positionCount(of sequence: SequenceID) -> Int { find(sequence).tokens.count }

  func run(_ step: ModelStep, into output: ModelOutput) throws(ModelStepError) {
    let needed = step.rows.reduce(0) { $0 + pagesNeeded(by: $1) }
    guard needed <= freePages.count else {
      throw .cacheFull(needed: needed * positionsPerPage, free: freePositionCount)
    }
    for rows in step.rows {
      let positions = find(rows.sequence).tokens.count + rows.tokens.count
      if positions > contextLength {
        throw .contextFull(positions: positions, limit: contextLength)
      }
      for id in rows.tokens where !(0..<vocabularySize).contains(Int(id)) {
        throw .unknownToken(id: id, vocabularySize: vocabularySize)
      }
    }
    runCount += 1
    tokenCount += step.tokenCount
    output.reserve(for: step, vocabularySize: vocabularySize, hiddenSize: hiddenSize)
    var logits: [Float] = []
    var states: [Float] = []
    for rows in step.rows {
      let before = find(rows.sequence).tokens
      append(rows)
      for index in rows.tokens.indices {
        let tokens = before + rows.tokens[...index]
        if index >= rows.logitsFrom { logits += self.logits(after: tokens) }
        if let layer = rows.hiddenLayer { states += hiddenState(after: tokens, layer: layer) }
      }
    }
    output.logits.replaceSubrange(0..<logits.count, with: logits)
    output.hiddenStates.replaceSubrange(0..<states.count, with: states)
  }
}
