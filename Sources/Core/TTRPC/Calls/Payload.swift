import NIOCore

/// The bytes of one message: an immutable value that shares its storage when copied.
public struct Payload: Sendable, Hashable {
  let buffer: ByteBuffer

  init(_ buffer: ByteBuffer) {
    self.buffer = buffer
  }

  /// Makes a payload of no bytes.
  public init() {
    buffer = ByteBuffer()
  }

  /// Makes a payload by copying `bytes`.
  public init(bytes: [UInt8]) {
    buffer = ByteBuffer(bytes: bytes)
  }

  /// Makes a payload by letting `body` write into fresh memory of `capacity` bytes.
  ///
  /// `body` returns how many bytes it wrote, at most `capacity`. The memory is not zeroed.
  public init<Failure: Error>(
    capacity: Int, writing body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
  ) throws(Failure) {
    var buffer = ByteBufferAllocator().buffer(capacity: capacity)
    var failure: Failure?
    _ = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: capacity) { memory in
      do throws(Failure) {
        let count = try body(UnsafeMutableRawBufferPointer(rebasing: memory[..<capacity]))
        precondition(count >= 0 && count <= capacity, "wrote \(count) of \(capacity) bytes")
        return count
      } catch {
        failure = error
        return 0
      }
    }
    if let failure { throw failure }
    self.buffer = buffer
  }

  /// The number of bytes.
  public var count: Int { buffer.readableBytes }

  /// Whether there are no bytes.
  public var isEmpty: Bool { buffer.readableBytes == 0 }

  /// Calls `body` with the bytes, which stay valid only until it returns.
  public func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let result: Swift.Result<Result, Failure> = buffer.withUnsafeReadableBytes { bytes in
      do throws(Failure) {
        return .success(try body(bytes))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// A copy of the bytes as an array.
  public var bytes: [UInt8] { Array(buffer.readableBytesView) }
}
