/// The bytes of each token, one after the other, and the ids of byte strings.
///
/// A hash table with open addressing over the flat bytes: no allocation per token.
struct VocabularyTable: Sendable {
  private var bytes: [UInt8] = []
  private var ends: [Int32] = []
  private var slots: [Int32]

  /// Makes room for the search of `capacity` tokens.
  init(capacity: Int) {
    var slotCount = 16
    while slotCount < 2 * capacity { slotCount *= 2 }
    slots = [Int32](repeating: -1, count: slotCount)
    ends.reserveCapacity(capacity)
  }

  /// The number of tokens.
  var count: Int { ends.count }

  /// Adds the next token; a later token hides an earlier one of the same bytes from `id`.
  mutating func append(_ token: [UInt8], isSearchable: Bool) {
    let id = Int32(ends.count)
    bytes += token
    ends.append(Int32(bytes.count))
    guard isSearchable else { return }
    precondition(2 * ends.count <= slots.count, "\(ends.count) tokens in \(slots.count) slots")
    slots[slot(of: token[...])] = id
  }

  /// The id of the token with these bytes.
  func id(of token: ArraySlice<UInt8>) -> Int32? {
    let id = slots[slot(of: token)]
    return id < 0 ? nil : id
  }

  /// The bytes of a token.
  subscript(id: Int32) -> ArraySlice<UInt8> { bytes[range(of: id)] }

  private func range(of id: Int32) -> Range<Int> {
    (id == 0 ? 0 : Int(ends[Int(id) - 1]))..<Int(ends[Int(id)])
  }

  /// The slot that holds the token, or the free one where it belongs.
  private func slot(of token: ArraySlice<UInt8>) -> Int {
    let mask = slots.count - 1
    var index = Int(truncatingIfNeeded: Self.hash(token)) & mask
    while slots[index] >= 0, bytes[range(of: slots[index])] != token {
      index = (index + 1) & mask
    }
    return index
  }

  /// FNV-1a, folded so that the low bits depend on all.
  private static func hash(_ token: ArraySlice<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in token { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return hash ^ hash >> 32
  }
}
