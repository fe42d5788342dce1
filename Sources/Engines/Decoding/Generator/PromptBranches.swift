internal import Transformers

/// The sequences of a job whose branches share one prompt.
///
/// The first branch grows on the prompt's own sequence, so that a job that has its place can always
/// go on; others grow on forks, where there is room.
struct PromptBranches {
  /// The prompt's tokens.
  let prompt: [Int32]
  /// The number of them whose state was there already.
  let cachedCount: Int
  /// The most positions of a branch.
  let positionCountMax: Int
  /// The number of them that were read.
  private(set) var readCount: Int
  private let home: SequenceID
  private var homeIsFree = true

  /// Opens the prompt's sequence in `pool`; nil where there is no room now.
  init?(
    _ pool: inout SequencePool, prompt: [Int32], positionCountMax: Int,
    running: [(SequenceID, [Int32])]
  ) {
    guard
      let opened = pool.open(
        prompt: prompt, positionCountMax: positionCountMax, running: running)
    else { return nil }
    self.prompt = prompt
    self.positionCountMax = positionCountMax
    home = opened.sequence
    cachedCount = opened.cachedCount
    readCount = opened.cachedCount
  }

  /// The sequence and its prompt, for other jobs whose prompts begin like it.
  var shareable: (SequenceID, [Int32]) { (home, Array(prompt[..<readCount])) }
  /// Whether the whole prompt was read.
  var isRead: Bool { readCount == prompt.count }

  /// The next tokens of the prompt, at most `tokensMax`; the last one's logits are wanted.
  func rows(tokensMax: Int) -> SequenceRows? {
    let slice = prompt[readCount..<min(prompt.count, readCount + tokensMax)]
    guard !slice.isEmpty else { return nil }
    let isLast = slice.endIndex == prompt.count
    return SequenceRows(
      sequence: home, tokens: Array(slice), logitsFrom: slice.count - (isLast ? 1 : 0))
  }

  /// Notes that `rows` were run.
  mutating func didRead(_ count: Int) { readCount += count }

  /// A sequence that holds the prompt and may grow; nil where there is no room now.
  mutating func open(_ pool: inout SequencePool, leaseCountMax: Int) -> SequenceID? {
    if homeIsFree {
      homeIsFree = false
      return home
    }
    guard pool.leaseCount < leaseCountMax else { return nil }
    return pool.fork(home, positionCount: prompt.count, positionCountMax: positionCountMax)
  }

  /// Ends a branch.
  mutating func close(
    _ sequence: SequenceID, _ pool: inout SequencePool, _ model: any LanguageModel
  ) {
    guard sequence == home else { return pool.close(sequence) }
    model.truncate(home, to: prompt.count)
    homeIsFree = true
  }

  /// Ends the prompt's sequence; with `tokens`, which it begins with, it is kept.
  func finish(_ pool: inout SequencePool, keeping tokens: [Int32]?) {
    pool.close(home, keeping: tokens)
  }

  /// Whether a branch grows on the prompt's own sequence.
  func isHome(_ sequence: SequenceID) -> Bool { sequence == home }
}
