import NIOCore

/// Gathers the frames of one turn of the event loop and counts what the peer has not read.
///
/// Small frames go into one buffer that leaves in one write; the bytes of a large payload are
/// handed to the channel as they are. A class, because the channel calls back into its handlers
/// from within a write. Confined to its event loop.
final class OutboundFrames {
  /// Payloads from this size on are not copied into the gathering buffer.
  static let copiedBytesMax = 16 << 10
  /// Gathered bytes from which on they should go out before the end of the turn.
  static let gatheredBytesHigh = 128 << 10

  private var gathered = ByteBuffer()
  private var isHandedOver = false
  private var isFlushNeeded = false
  private var isClosed = false

  /// Bytes handed over since the connection opened.
  private(set) var totalBytes: UInt64 = 0
  /// Times that something was handed to the kernel.
  private(set) var flushCount = 0

  /// Whether so much is gathered that waiting for the end of the turn serves nobody.
  var isFlushDue: Bool {
    isFlushNeeded || (!isHandedOver && gathered.readableBytes >= Self.gatheredBytesHigh)
  }

  /// Appends what `body` writes.
  func write(_ body: (inout ByteBuffer) -> Void) {
    if isClosed { return }
    reclaim()
    let before = gathered.readableBytes
    body(&gathered)
    totalBytes += UInt64(gathered.readableBytes - before)
  }

  /// Appends a payload that belongs to what was written last.
  func write(_ payload: Payload, to context: ChannelHandlerContext) {
    if isClosed || payload.isEmpty { return }
    totalBytes += UInt64(payload.count)
    if payload.count <= Self.copiedBytesMax {
      reclaim()
      gathered.writeImmutableBuffer(payload.buffer)
    } else {
      handOver(to: context)
      isFlushNeeded = true
      context.write(NIOAny(payload.buffer), promise: nil)
    }
  }

  /// Hands everything to the channel and lets it go out.
  func flush(to context: ChannelHandlerContext) {
    handOver(to: context)
    if isFlushNeeded {
      isFlushNeeded = false
      flushCount += 1
      context.flush()
    }
  }

  /// Takes nothing more.
  func close() {
    isClosed = true
    gathered = ByteBuffer()
  }

  private func handOver(to context: ChannelHandlerContext) {
    guard gathered.readableBytes > 0, !isHandedOver else { return }
    isFlushNeeded = true
    isHandedOver = true
    context.write(NIOAny(gathered), promise: nil)
  }

  /// Makes the buffer empty again after it was handed over.
  ///
  /// By then the channel has mostly written it, and its storage is ours alone and is used again.
  private func reclaim() {
    guard isHandedOver else { return }
    isHandedOver = false
    if gathered.capacity > 2 * Self.gatheredBytesHigh {
      gathered = ByteBuffer()
    } else {
      gathered.clear()
    }
  }
}
