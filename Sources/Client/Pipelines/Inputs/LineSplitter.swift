/// Cuts a stream of bytes into lines, whatever the pieces in which the bytes arrive.
///
/// A line ends with a line feed or with the end of the input; the line feed is not part of it.
/// Memory: the longest line and one piece.
struct LineSplitter {
  /// A line longer than this many bytes is refused.
  let lineBytesMax: Int
  /// The number of lines handed out so far.
  private(set) var lineCount = 0
  private var buffer: [UInt8] = []
  private var start = 0
  private var scanned = 0
  private var isFinished = false

  /// Creates a splitter for lines of at most `lineBytesMax` bytes.
  init(lineBytesMax: Int) {
    precondition(lineBytesMax > 0, "lines of at most \(lineBytesMax) bytes")
    self.lineBytesMax = lineBytesMax
  }

  /// What `next` found.
  enum Event: Equatable {
    case line([UInt8])
    case tooLong
    case needsBytes
    case end
  }

  /// Adds the bytes that follow; none: the input has ended.
  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard !bytes.isEmpty else {
      isFinished = true
      return
    }
    if start > 0 {
      buffer.removeSubrange(..<start)
      scanned -= start
      start = 0
    }
    buffer.append(contentsOf: bytes)
  }

  /// The next line, or what is missing to know it.
  mutating func next() -> Event {
    let end = buffer[scanned...].firstIndex(of: UInt8(ascii: "\n"))
    let length = (end ?? buffer.count) - start
    guard length <= lineBytesMax else { return .tooLong }
    guard end != nil || isFinished else {
      scanned = buffer.count
      return .needsBytes
    }
    if end == nil, length == 0 { return .end }
    let line = Array(buffer[start..<start + length])
    start += length + (end == nil ? 0 : 1)
    scanned = start
    lineCount += 1
    return .line(line)
  }
}
