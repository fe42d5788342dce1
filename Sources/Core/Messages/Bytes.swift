/// An immutable block of bytes that is shared, not copied.
///
/// The block is aligned to 16 bytes, so that it can hold any scalar of a tensor. A value that came
/// from the wire owns the very block that the decoder wrote.
public struct Bytes: Sendable {
  private let block: BytesBlock?

  /// Creates an empty block.
  public init() {
    block = nil
  }

  /// Creates a block with a copy of `bytes`.
  public init(_ bytes: [UInt8]) {
    self = bytes.withUnsafeBytes { Bytes(copying: $0) }
  }

  /// Creates a block with a copy of `bytes`.
  public init(copying bytes: UnsafeRawBufferPointer) {
    self.init(uninitializedCount: bytes.count) { $0.copyMemory(from: bytes) }
  }

  /// Creates a block of `count` bytes that `body` writes; they are zero before.
  public init<Failure: Error>(
    count: Int, initializingWith body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    try self.init(uninitializedCount: count) { (memory) throws(Failure) in
      memory.initializeMemory(as: UInt8.self, repeating: 0)
      try body(memory)
    }
  }

  private init<Failure: Error>(
    uninitializedCount count: Int,
    _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    precondition(count >= 0, "a block of \(count) bytes")
    guard count > 0 else {
      block = nil
      return
    }
    let block = BytesBlock(count: count)
    try body(UnsafeMutableRawBufferPointer(mutating: block.memory))
    self.block = block
  }

  /// Adopts `count` bytes at `memory`, which was allocated and belongs to nobody else.
  init(adopting memory: UnsafeMutableRawPointer, count: Int) {
    block = BytesBlock(adopting: UnsafeRawBufferPointer(start: memory, count: count))
  }

  /// The number of bytes.
  public var count: Int { block?.memory.count ?? 0 }

  /// Whether there are no bytes.
  public var isEmpty: Bool { count == 0 }

  /// A copy of the bytes.
  public var array: [UInt8] { withUnsafeBytes { Array($0) } }

  /// Calls `body` with the bytes; the pointer is valid inside `body` only.
  public func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(block) {} }
    return try body(memory)
  }

  /// The bytes and the object that keeps them alive, for a container that adopts them; nil where
  /// there are none.
  ///
  /// The pointer is valid as long as the owner is.
  package var adoptable: (memory: UnsafeRawBufferPointer, owner: any AnyObject & Sendable)? {
    block.map { ($0.memory, $0) }
  }

  /// The bytes, which live as long as a copy of this value.
  var memory: UnsafeRawBufferPointer {
    block?.memory ?? UnsafeRawBufferPointer(start: nil, count: 0)
  }
}

extension Bytes: Equatable, Hashable {
  /// Whether both hold the same bytes.
  public static func == (lhs: Bytes, rhs: Bytes) -> Bool {
    if lhs.block === rhs.block { return true }
    return lhs.count == rhs.count
      && lhs.withUnsafeBytes { left in rhs.withUnsafeBytes { left.elementsEqual($0) } }
  }

  /// Feeds the bytes to `hasher`.
  public func hash(into hasher: inout Hasher) {
    withUnsafeBytes { hasher.combine(bytes: $0) }
  }
}

extension Bytes: CustomStringConvertible {
  /// The number of bytes, since the bytes themselves rarely help.
  public var description: String { "\(count) bytes" }
}

extension Bytes: ExpressibleByArrayLiteral {
  /// Creates a block with `elements`.
  public init(arrayLiteral elements: UInt8...) {
    self.init(elements)
  }
}

/// The memory of a `Bytes` value, which it frees.
///
/// Safety of `@unchecked Sendable`: the memory is only read once the block is shared, and the
/// stored property is a constant.
private final class BytesBlock: @unchecked Sendable {
  let memory: UnsafeRawBufferPointer

  init(count: Int) {
    memory = UnsafeRawBufferPointer(
      UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16))
  }

  init(adopting memory: UnsafeRawBufferPointer) {
    self.memory = memory
  }

  deinit { memory.deallocate() }
}
