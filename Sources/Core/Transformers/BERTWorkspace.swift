/// The memory for one forward pass at a time; it grows to the largest batch and is used again.
///
/// Rows are padded by a cache line, so that rows at the same column do not share cache sets.
///
/// Safety of `@unchecked Sendable`: a workspace may move between threads; who uses it keeps it from
/// others until the pass is over.
package final class BERTWorkspace: @unchecked Sendable {
  private(set) var hidden = AlignedFloats()
  private(set) var queryKeyValue = AlignedFloats()
  private(set) var context = AlignedFloats()
  private(set) var intermediate = AlignedFloats()
  private(set) var scratch = AlignedFloats()

  /// Creates a workspace without memory.
  package init() {}

  /// The bytes that the workspace holds.
  package var byteCount: Int {
    4
      * (hidden.count + queryKeyValue.count + context.count + intermediate.count + scratch.count)
  }

  func reserve(
    hidden: Int, queryKeyValue: Int, context: Int, intermediate: Int, scratch: Int
  ) {
    self.hidden.reserve(hidden)
    self.queryKeyValue.reserve(queryKeyValue)
    self.context.reserve(context)
    self.intermediate.reserve(intermediate)
    self.scratch.reserve(scratch)
  }
}

/// Floats that start at a cache line; their values are not kept when the memory grows.
struct AlignedFloats: ~Copyable {
  private(set) var count = 0
  private(set) var start = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 64)
    .bindMemory(to: Float.self, capacity: 16)

  deinit { UnsafeMutableRawPointer(start).deallocate() }

  mutating func reserve(_ wanted: Int) {
    guard wanted > count else { return }
    UnsafeMutableRawPointer(start).deallocate()
    start = UnsafeMutableRawPointer.allocate(byteCount: 4 * wanted, alignment: 64)
      .bindMemory(to: Float.self, capacity: wanted)
    start.initialize(repeating: 0, count: wanted)
    count = wanted
  }
}
