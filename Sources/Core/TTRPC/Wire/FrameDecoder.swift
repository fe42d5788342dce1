import NIOCore

/// Cuts a stream of bytes into frames, holding no more than the frame that is under way.
///
/// A body over the limit is thrown away while it arrives and never stored. Feed bytes with
/// ``append(_:)`` and take events with ``next()`` until it returns nil.
struct FrameDecoder {
  /// What the bytes amounted to.
  enum Event: Equatable {
    /// A whole frame.
    case frame(FrameHeader, body: ByteBuffer)
    /// The header of a frame whose body is over the limit; the body is being thrown away.
    case oversized(FrameHeader)
    /// The header of a frame too large even to throw away; nothing after it can be read.
    case unreadable(FrameHeader)
  }

  private enum State {
    case header
    case body(FrameHeader)
    case discarding(bytesLeft: Int)
    case unreadable
  }

  private let bodyBytesMax: Int
  private let discardBytesMax: Int
  private var state = State.header
  private var pending = ByteBuffer()

  init(bodyBytesMax: Int = FrameHeader.bodyBytesMax, discardBytesMax: Int) {
    self.bodyBytesMax = min(bodyBytesMax, FrameHeader.bodyBytesMax)
    self.discardBytesMax = discardBytesMax
  }

  /// Whether a frame has begun and not ended.
  var isMidFrame: Bool {
    if case .header = state { return pending.readableBytes > 0 }
    return true
  }

  /// Adds bytes from the peer.
  mutating func append(_ bytes: consuming ByteBuffer) {
    if case .unreadable = state { return }
    if pending.readableBytes == 0 {
      // Adopting the storage spares the copy, and lets go of storage that payloads still share.
      pending = bytes
    } else {
      if case .body(let header) = state {
        let missing = Int(header.bodyBytes) - pending.readableBytes
        if missing > 0 { pending.reserveCapacity(minimumWritableBytes: missing) }
      }
      pending.writeBuffer(&bytes)
    }
  }

  /// Returns the next event, or nil when more bytes are needed.
  mutating func next() -> Event? {
    while true {
      switch state {
      case .header:
        guard let header = readHeader() else { return nil }
        if header.bodyBytes <= bodyBytesMax {
          state = .body(header)
        } else if Int(header.bodyBytes) <= discardBytesMax {
          state = .discarding(bytesLeft: Int(header.bodyBytes))
          return .oversized(header)
        } else {
          state = .unreadable
          pending = ByteBuffer()
          return .unreadable(header)
        }
      case .body(let header):
        guard let body = pending.readSlice(length: Int(header.bodyBytes)) else { return nil }
        state = .header
        return .frame(header, body: body)
      case .discarding(let bytesLeft):
        let count = min(bytesLeft, pending.readableBytes)
        pending.moveReaderIndex(forwardBy: count)
        guard count == bytesLeft else {
          state = .discarding(bytesLeft: bytesLeft - count)
          return nil
        }
        state = .header
      case .unreadable:
        return nil
      }
    }
  }

  private mutating func readHeader() -> FrameHeader? {
    guard
      let (length, stream, kind, flags) = pending.readMultipleIntegers(
        as: (UInt32, UInt32, UInt8, UInt8).self)
    else { return nil }
    return FrameHeader(
      bodyBytes: length, streamID: stream, kind: FrameHeader.Kind(rawValue: kind),
      flags: FrameHeader.Flags(rawValue: flags))
  }
}

extension ByteBuffer {
  /// Appends the ten bytes of a frame header.
  mutating func writeFrameHeader(
    bodyBytes: Int, streamID: UInt32, kind: FrameHeader.Kind, flags: FrameHeader.Flags = []
  ) {
    precondition(
      bodyBytes >= 0 && bodyBytes <= FrameHeader.bodyBytesMax,
      "frame body of \(bodyBytes) bytes, limit \(FrameHeader.bodyBytesMax)")
    writeMultipleIntegers(UInt32(bodyBytes), streamID, kind.rawValue, flags.rawValue)
  }
}
