import NIOCore

/// Gathers the frames of one turn of the event loop and counts what the peer has not read.
///
/// Small frames go into one buffer that leaves in few writes; the bytes of a large payload are
/// handed to the channel as they are. The first frames of a turn leave early, so that the peer
/// works while the rest is made: otherwise each side would sleep while the other has its batch.
/// A class, because the channel calls back into its handlers from within a write. Confined to its
/// event loop.
final class OutboundFrames {
  /// Payloads from this size on are not copied into the gathering buffer.
  static let copiedBytesMax = 16 << 10
  /// Frames that leave before the turn is over; then three times as many, and so on.
  ///
  /// Fewer cost more system calls than the overlap is worth, more leave the peer idle.
  static let firstFrameCount = 4
  /// The most frames that are held back.
  ///
  /// Large payloads are flushed one by one, and a turn that only flushes has no end after which the
  /// count would begin anew.
  static let frameCountMax = 4 << 10
  /// Gathered bytes from which on they should go out before the end of the turn.
  static let gatheredBytesHigh = 128 << 10

  private var gathered = ByteBuffer()
  private var isHandedOver = false
  private var frameCount = 0
  private var earlyFrameCount = firstFrameCount
  private var isFlushNeeded = false
  private var isClosed = false

  /// Bytes handed over since the connection opened.
  private(set) var totalBytes: UInt64 = 0
  /// Times that something was handed to the kernel.
  private(set) var flushCount = 0

  /// Whether so much is gathered that waiting for the end of the turn serves nobody.
  var isFlushDue: Bool {
    isFlushNeeded || frameCount >= earlyFrameCount
      || (!isHandedOver && gathered.readableBytes >= Self.gatheredBytesHigh)
  }

  /// Appends what `body` writes.
  func write(_ body: (inout ByteBuffer) -> Void) {
    if isClosed { return }
    reclaim()
    frameCount += 1
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
      frameCount = 0
      earlyFrameCount = min(3 * earlyFrameCount, Self.frameCountMax)
      context.flush()
    }
  }

  /// Hands out what is left at the end of a turn of the loop.
  func endTurn(_ context: ChannelHandlerContext) {
    flush(to: context)
    frameCount = 0
    earlyFrameCount = Self.firstFrameCount
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
