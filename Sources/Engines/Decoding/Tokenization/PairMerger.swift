private import HeapModule

/// A merge of two neighbouring tokens.
struct PairMerge: Sendable {
  /// The place in the list of merges; the lowest is applied first.
  let rank: Int32
  /// The token that the two become.
  let id: Int32
}

/// Merges the bytes of a word: the pair with the lowest rank first, the leftmost of equals.
///
/// Cost: time `O(n log n)` and memory `O(n)` in the bytes of the word; the memory is used again.
/// Source: Sennrich, Haddow, Birch, "Neural Machine Translation of Rare Words with Subword Units",
/// ACL 2016, arXiv:1508.07909.
struct PairMerger {
  private let merges: [UInt64: PairMerge]
  private var ids: [Int32] = []
  // The neighbours of each place; −1 at the ends.
  private var previous: [Int32] = []
  private var following: [Int32] = []
  // The merge of each place with the one after it; a rank of −1 where there is none.
  private var pending: [PairMerge] = []
  private var queue = Heap<UInt64>()

  /// Merges by the pairs of `merges`, by `key`.
  init(merges: [UInt64: PairMerge]) { self.merges = merges }

  /// The key of a pair of tokens.
  static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  /// Appends to `output` what the tokens of single bytes become; −1 stands for a byte without one,
  /// which is left out.
  mutating func merge(_ word: some Collection<Int32>, into output: inout [Int32]) {
    start(word)
    while let entry = queue.popMin() {
      let left = Int(entry & 0xffff_ffff)
      // An entry is out of date when its place has gone or has another merge now.
      guard pending[left].rank == Int32(entry >> 32) else { continue }
      let right = Int(following[left])
      ids[left] = pending[left].id
      following[left] = following[right]
      if following[right] >= 0 { previous[Int(following[right])] = Int32(left) }
      pending[right] = Self.none
      ids[right] = -1
      if previous[left] >= 0 { find(Int(previous[left])) }
      find(left)
    }
    output += ids.lazy.filter { $0 >= 0 }
  }

  private static let none = PairMerge(rank: -1, id: -1)

  private mutating func start(_ word: some Collection<Int32>) {
    ids.removeAll(keepingCapacity: true)
    ids += word
    let count = Int32(ids.count)
    previous.removeAll(keepingCapacity: true)
    following.removeAll(keepingCapacity: true)
    previous += -1..<count - 1
    following += 1..<count
    following.append(-1)
    pending.removeAll(keepingCapacity: true)
    pending += repeatElement(Self.none, count: ids.count)
    var entries: [UInt64] = []
    for index in ids.indices.dropLast() {
      guard let merge = merges[Self.key(ids[index], ids[index + 1])] else { continue }
      pending[index] = merge
      entries.append(Self.entry(merge, index))
    }
    queue = Heap(entries)
  }

  /// Looks for the merge of a place with the one after it.
  private mutating func find(_ index: Int) {
    pending[index] = Self.none
    guard following[index] >= 0,
      let merge = merges[Self.key(ids[index], ids[Int(following[index])])]
    else { return }
    pending[index] = merge
    queue.insert(Self.entry(merge, index))
  }

  private static func entry(_ merge: PairMerge, _ index: Int) -> UInt64 {
    UInt64(UInt32(bitPattern: merge.rank)) << 32 | UInt64(index)
  }
}
