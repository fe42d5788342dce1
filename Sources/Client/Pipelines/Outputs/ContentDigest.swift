import Digests

/// A SHA-256 over values, each with its length, so that no two lists of values give the same bytes.
struct ContentDigest {
  private var hash = SHA256()

  /// Adds a text.
  mutating func add(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      add(count: bytes.count)
      hash.update(bufferPointer: UnsafeRawBufferPointer(bytes))
    }
  }

  /// Adds bytes.
  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    add(count: bytes.count)
    hash.update(bufferPointer: bytes)
  }

  /// Adds a number.
  mutating func add(count: Int) {
    withUnsafeBytes(of: UInt64(count).littleEndian) { hash.update(bufferPointer: $0) }
  }

  /// The 32 bytes of the digest.
  var bytes: [UInt8] { hash.finalize() }

  /// The digest in hexadecimal.
  var hexadecimal: String { bytes.hexadecimal }

  /// The first half of the digest, to tell contents apart.
  var key: TextKey {
    bytes.withUnsafeBytes { bytes in
      TextKey(
        first: bytes.loadUnaligned(as: UInt64.self),
        second: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }
  }

  /// The key of one text.
  static func key(of text: String) -> TextKey {
    var digest = ContentDigest()
    digest.add(text)
    return digest.key
  }
}

/// 128 bits that stand for a text.
struct TextKey: Hashable, Sendable {
  var first: UInt64
  var second: UInt64
}
