/// Uninitialised memory that is handed out in order and freed at once.
///
/// Chunks grow from 2 KiB to 1 MiB, so a small message costs one allocation. Addresses are aligned
/// to 16 bytes. The owner must call `free()`.
struct BumpPool {
  private static let firstChunkBytes = 2 << 10
  private static let chunkBytesMax = 1 << 20
  private static let alignment = 16

  private var chunks: [UnsafeMutableRawPointer] = []
  private var next = UnsafeMutableRawPointer(bitPattern: alignment)
  private var remaining = 0
  private var chunkBytes = firstChunkBytes

  /// `byteCount` rounded up to the alignment.
  static func rounded(_ byteCount: Int) -> Int {
    (byteCount + alignment - 1) & ~(alignment - 1)
  }

  /// A new block of at least `byteCount` bytes.
  mutating func allocate(byteCount: Int) -> UnsafeMutableRawPointer {
    let size = max(Self.rounded(byteCount), Self.alignment)
    if size > remaining || chunks.isEmpty {
      addChunk(atLeast: size)
    }
    guard let block = next else { preconditionFailure("a pool without a chunk") }
    next = block + size
    remaining -= size
    return block
  }

  /// Frees everything that was handed out.
  mutating func free() {
    for chunk in chunks { chunk.deallocate() }
    chunks = []
    remaining = 0
  }

  private mutating func addChunk(atLeast size: Int) {
    let capacity = max(size, chunkBytes)
    let chunk = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: Self.alignment)
    chunks.append(chunk)
    next = chunk
    remaining = capacity
    chunkBytes = min(chunkBytes * 2, Self.chunkBytesMax)
  }
}
