import Tensors

/// The keys and values of all sequences, in pages of 64 positions that forks share.
///
/// A page holds its positions for every layer and key-value head. Pages have a count of holders; a
/// page with two is never written: a sequence that grows inside one copies it first. The memory is
/// bounded by the number of pages and is taken from the system when a page is first written.
struct PagedCache: ~Copyable {
  /// The pages and the length of one sequence.
  struct Sequence {
    var pages: [Int32] = []
    var positionCount = 0
  }

  let pageCount: Int
  /// The halves of a page of one layer and head.
  let headStride: Int
  /// The halves of a page of all layers and heads.
  let pageStride: Int
  private(set) var freePages: [Int32]
  private let headSize: Int
  private let memory: UnsafeMutablePointer<UInt16>
  private var holderCounts: [Int32]
  private var sequences: [SequenceID: Sequence] = [:]
  private var nextIndex = 0

  init(pageCount: Int, layerCount: Int, headCount: Int, headSize: Int) {
    precondition(pageCount >= 1 && pageCount <= Int32.max, "\(pageCount) pages")
    self.pageCount = pageCount
    self.headSize = headSize
    headStride = CachePage.elementCount(headSize: headSize)
    pageStride = headStride * headCount * layerCount
    memory = UnsafeMutableRawPointer.allocate(
      byteCount: 2 * pageCount * pageStride, alignment: 64
    ).bindMemory(to: UInt16.self, capacity: pageCount * pageStride)
    freePages = (0..<Int32(pageCount)).reversed()
    holderCounts = Array(repeating: 0, count: pageCount)
  }

  deinit { UnsafeMutableRawPointer(memory).deallocate() }

  /// Page 0 of a head, counted over the heads of all layers.
  func start(ofHead index: Int) -> UnsafeMutablePointer<UInt16> { memory + index * headStride }

  subscript(_ id: SequenceID) -> Sequence {
    guard let sequence = sequences[id] else { preconditionFailure("no sequence \(id.index)") }
    return sequence
  }

  mutating func makeSequence() -> SequenceID { insert(Sequence()) }

  mutating func fork(_ id: SequenceID) -> SequenceID {
    let sequence = self[id]
    for page in sequence.pages { holderCounts[Int(page)] += 1 }
    return insert(sequence)
  }

  mutating func truncate(_ id: SequenceID, to positionCount: Int) {
    var sequence = self[id]
    precondition(
      (0...sequence.positionCount).contains(positionCount),
      "\(positionCount) of \(sequence.positionCount) positions")
    let kept = Self.pageCount(of: positionCount)
    for page in sequence.pages[kept...] { release(page) }
    sequence.pages.removeSubrange(kept...)
    sequence.positionCount = positionCount
    sequences[id] = sequence
  }

  mutating func remove(_ id: SequenceID) {
    for page in self[id].pages { release(page) }
    sequences[id] = nil
  }

  /// The pages that the sequences need to grow by these numbers of positions.
  func pageCount(toGrow growths: [(id: SequenceID, count: Int)]) -> Int {
    var needed = 0
    var leavers: [Int32: Int32] = [:]
    for (id, count) in growths {
      let sequence = self[id]
      needed += Self.pageCount(of: sequence.positionCount + count) - sequence.pages.count
      if let page = sharedTail(sequence, leavers: leavers) {
        needed += 1
        leavers[page, default: 0] += 1
      }
    }
    return needed
  }

  /// Gives a sequence the pages for `count` more positions, which must be free.
  mutating func grow(_ id: SequenceID, by count: Int) {
    var sequence = self[id]
    if let shared = sharedTail(sequence, leavers: [:]) {
      let page = takePage()
      copy(sequence.positionCount % CachePage.positionCount, from: shared, to: page)
      release(shared)
      sequence.pages[sequence.pages.count - 1] = page
    }
    sequence.positionCount += count
    while sequence.pages.count < Self.pageCount(of: sequence.positionCount) {
      sequence.pages.append(takePage())
    }
    sequences[id] = sequence
  }

  private static func pageCount(of positionCount: Int) -> Int {
    (positionCount + CachePage.positionCount - 1) / CachePage.positionCount
  }

  /// The last page, where it has room and another holder who has not left it yet.
  private func sharedTail(_ sequence: Sequence, leavers: [Int32: Int32]) -> Int32? {
    guard sequence.positionCount % CachePage.positionCount != 0, let page = sequence.pages.last
    else { return nil }
    return holderCounts[Int(page)] - (leavers[page] ?? 0) > 1 ? page : nil
  }

  private mutating func insert(_ sequence: Sequence) -> SequenceID {
    let id = SequenceID(index: nextIndex)
    nextIndex += 1
    sequences[id] = sequence
    return id
  }

  private mutating func takePage() -> Int32 {
    guard let page = freePages.popLast() else { preconditionFailure("no free page") }
    holderCounts[Int(page)] = 1
    return page
  }

  private mutating func release(_ page: Int32) {
    holderCounts[Int(page)] -= 1
    if holderCounts[Int(page)] == 0 { freePages.append(page) }
  }

  private func copy(_ count: Int, from page: Int32, to out: Int32) {
    let (source, target) = (memory + Int(page) * pageStride, memory + Int(out) * pageStride)
    for offset in stride(from: 0, to: pageStride, by: headStride) {
      CachePage.copy(count, from: source + offset, headSize: headSize, to: target + offset)
    }
  }
}
