private import CCrypto

/// The SHA-256 digest (FIPS 180-4) of bytes that come in pieces, computed by libcrypto.
///
/// A value can be copied at any point; the copies go on by themselves. Cost: about 2 GB/s where the
/// processor has SHA instructions.
package struct SHA256: Sendable {
  private var context = DigestContext()

  /// The number of bytes of a digest.
  package static let byteCount = 32

  /// Creates the digest of nothing so far.
  package init() {}

  /// Adds bytes.
  package mutating func update(bufferPointer bytes: UnsafeRawBufferPointer) {
    if !isKnownUniquelyReferenced(&context) { context = DigestContext(copying: context) }
    context.update(bytes)
  }

  /// Adds bytes.
  package mutating func update(data bytes: [UInt8]) {
    bytes.withUnsafeBytes { update(bufferPointer: $0) }
  }

  /// The 32 bytes of the digest of all that was added so far.
  package func finalize() -> [UInt8] {
    DigestContext(copying: context).finish()
  }

  /// The 32 bytes of the digest of `bytes`.
  package static func hash(data bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var digest = SHA256()
    digest.update(bufferPointer: bytes)
    return digest.finalize()
  }

  /// The 32 bytes of the digest of `bytes`.
  package static func hash(data bytes: [UInt8]) -> [UInt8] {
    bytes.withUnsafeBytes { hash(data: $0) }
  }
}

/// One EVP digest context.
///
/// Safety of `@unchecked Sendable`: a context is changed only while one `SHA256` value refers to
/// it, and read otherwise.
private final class DigestContext: @unchecked Sendable {
  private let pointer: OpaquePointer

  init() {
    pointer = Self.allocate()
    Self.check(EVP_DigestInit_ex(pointer, EVP_sha256(), nil), "EVP_DigestInit_ex")
  }

  init(copying other: DigestContext) {
    pointer = Self.allocate()
    Self.check(EVP_MD_CTX_copy_ex(pointer, other.pointer), "EVP_MD_CTX_copy_ex")
  }

  deinit { EVP_MD_CTX_free(pointer) }

  func update(_ bytes: UnsafeRawBufferPointer) {
    Self.check(EVP_DigestUpdate(pointer, bytes.baseAddress, bytes.count), "EVP_DigestUpdate")
  }

  func finish() -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: SHA256.byteCount) { buffer, count in
      Self.check(EVP_DigestFinal_ex(pointer, buffer.baseAddress, nil), "EVP_DigestFinal_ex")
      count = SHA256.byteCount
    }
  }

  private static func allocate() -> OpaquePointer {
    guard let pointer = EVP_MD_CTX_new() else {
      preconditionFailure("EVP_MD_CTX_new: out of memory")
    }
    return pointer
  }

  /// SHA-256 of memory cannot fail but for a broken libcrypto or no memory at all.
  private static func check(_ status: Int32, _ call: StaticString) {
    precondition(status == 1, "\(call) returned \(status)")
  }
}
