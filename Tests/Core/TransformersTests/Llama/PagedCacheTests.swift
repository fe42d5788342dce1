import TestSupport
import Tensors
import Testing

@testable import Transformers

/// Random operations against a model of lists of tokens.
@Suite struct PagedCacheTests {
  private func cache(pages: Int) -> PagedCache {
    PagedCache(pageCount: pages, layerCount: 2, headCount: 1, headSize: 16)
  }

  /// Writes a mark for each new position, as keys and values would be.
  private func mark(
    _ cache: borrowing PagedCache, _ id: SequenceID, from first: Int, _ marks: [UInt16]
  ) {
    let pages = cache[id].pages
    for (index, value) in marks.enumerated() {
      for head in 0..<2 {
        let start = cache.start(ofHead: head) + Int(pages[(first + index) / 64]) * cache.pageStride
        start[(64 + (first + index) % 64) * 16] = value + UInt16(head)
      }
    }
  }

  private func marks(_ cache: borrowing PagedCache, _ id: SequenceID, head: Int) -> [UInt16] {
    let sequence = cache[id]
    return (0..<sequence.positionCount).map { position in
      let start = cache.start(ofHead: head) + Int(sequence.pages[position / 64]) * cache.pageStride
      return start[(64 + position % 64) * 16] - UInt16(head)
    }
  }

  @Test(arguments: 0..<8)
  func `sequences keep their positions through random growing, forking, cutting and ending`(
    seed: UInt64
  ) {
    var generator = SplitMix64(seed: seed)
    var cache = cache(pages: 40)
    var model: [SequenceID: [UInt16]] = [:]
    var next: UInt16 = 0
    for _ in 0..<400 {
      let ids = model.keys.sorted { $0.index < $1.index }
      let id = ids.isEmpty ? nil : ids[Int(generator.next() % UInt64(ids.count))]
      switch (generator.next() % 8, id) {
      case (0, _), (_, nil): model[cache.makeSequence()] = []
      case (1, let id?): model[cache.fork(id)] = model[id]
      case (2, let id?):
        let count = Int(generator.next() % UInt64(model[id, default: []].count + 1))
        cache.truncate(id, to: count)
        model[id]?.removeSubrange(count...)
      case (3, let id?):
        cache.remove(id)
        model[id] = nil
      case (_, let id?):
        let count = 1 + Int(generator.next() % 90)
        let needed = cache.pageCount(toGrow: [(id, count)])
        let free = cache.freePages.count
        guard needed <= free else { continue }
        let first = cache[id].positionCount
        cache.grow(id, by: count)
        #expect(free - cache.freePages.count <= needed)
        let new = (0..<count).map { _ -> UInt16 in
          next &+= 2
          return next
        }
        mark(cache, id, from: first, new)
        model[id, default: []] += new
      }
      for (id, expected) in model {
        #expect(marks(cache, id, head: 0) == expected && marks(cache, id, head: 1) == expected)
      }
      let held = Set(model.keys.flatMap { cache[$0].pages })
      #expect(held.count + cache.freePages.count == 40, "a page was lost or is held twice")
    }
  }

  @Test func `the pages that forks need together are counted exactly`() {
    var cache = cache(pages: 10)
    let origin = cache.makeSequence()
    cache.grow(origin, by: 70)
    let forks = [cache.fork(origin), cache.fork(origin)]
    // Two pages are full or shared: the last of the three to grow in the second one keeps it.
    let growths = (forks + [origin]).map { (id: $0, count: 1) }
    #expect(cache.pageCount(toGrow: growths) == 2)
    for growth in growths { cache.grow(growth.id, by: growth.count) }
    #expect(cache.freePages.count == 6)
  }
}
