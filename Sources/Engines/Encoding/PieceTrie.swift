/// The pieces of a vocabulary as a tree over their bytes, for longest matches in one walk.
///
/// The tree has one root for pieces that start a word and one for those that continue it. Its edges
/// are in one open-addressed hash table. Cost: a few bytes of memory per byte of the vocabulary
/// times eight; a walk reads one table slot per byte.
struct PieceTrie: Sendable {
  /// The root of the pieces that start a word.
  static let wordRoot: UInt32 = 0
  /// The root of the pieces that continue a word.
  static let continuationRoot: UInt32 = 1

  // The id of the piece that ends at a node, or -1.
  private var pieceIDs: [Int32] = [-1, -1]
  // An edge is the key, node and byte plus one, and the node it leads to; the key 0 is free.
  private var keys: [UInt32]
  private var targets: [UInt32]
  private let mask: UInt32

  /// Makes the tree of `pieces`; a piece's index is its id, and empty pieces are holes.
  init(pieces: [String], continuationPrefix: String) {
    let bytes = pieces.reduce(0) { $0 + $1.utf8.count }
    var capacity = 1024
    while capacity < bytes { capacity *= 2 }
    keys = [UInt32](repeating: 0, count: capacity)
    targets = [UInt32](repeating: 0, count: capacity)
    mask = UInt32(capacity - 1)
    let prefix = Array(continuationPrefix.utf8)
    for (id, piece) in pieces.enumerated() where !piece.isEmpty {
      let bytes = Array(piece.utf8)
      let continues = bytes.count > prefix.count && bytes.starts(with: prefix)
      insert(
        continues ? bytes[prefix.count...] : bytes[...], id: Int32(id),
        root: continues ? Self.continuationRoot : Self.wordRoot)
    }
  }

  /// The longest piece at `start` of `word`, by its end and id.
  func longestMatch(in word: [UInt8], from start: Int, root: UInt32) -> (end: Int, id: Int32)? {
    var node = root
    var best: (end: Int, id: Int32)?
    var position = start
    while position < word.count, let next = target(of: node, byte: word[position]) {
      node = next
      position += 1
      if pieceIDs[Int(node)] >= 0 { best = (position, pieceIDs[Int(node)]) }
    }
    return best
  }

  private func slot(_ key: UInt32) -> UInt32 {
    var slot = (key &* 0x9e37_79b1) >> 7 & mask
    while keys[Int(slot)] != key, keys[Int(slot)] != 0 { slot = (slot + 1) & mask }
    return slot
  }

  private func target(of node: UInt32, byte: UInt8) -> UInt32? {
    let key = (node << 8 | UInt32(byte)) + 1
    let slot = slot(key)
    return keys[Int(slot)] == key ? targets[Int(slot)] : nil
  }

  private mutating func insert(_ bytes: ArraySlice<UInt8>, id: Int32, root: UInt32) {
    var node = root
    for byte in bytes {
      let key = (node << 8 | UInt32(byte)) + 1
      let slot = slot(key)
      if keys[Int(slot)] == 0 {
        precondition(pieceIDs.count < 1 << 24, "\(pieceIDs.count) nodes")
        keys[Int(slot)] = key
        targets[Int(slot)] = UInt32(pieceIDs.count)
        pieceIDs.append(-1)
      }
      node = targets[Int(slot)]
    }
    pieceIDs[Int(node)] = id
  }
}
