private import CZlib
private import Files
private import Glibc

/// The bytes of a file, plain or compressed with gzip, from its beginning in pieces of bounded
/// size.
///
/// Compression is recognised by the first two bytes, not by the name. Several gzip members one
/// after the other read as one file. The path `-` is the standard input.
final class ByteSource {
  private let path: String
  private let descriptor: Int32
  /// Nothing where the source is the standard input, which belongs to the process.
  private let file: Descriptor?
  private var block: [UInt8]
  private var inflater: Inflater?
  private var isStarted = false

  /// Opens the file at `path`.
  init(path: String, blockBytes: Int = 1 << 16) throws(InputError) {
    self.path = path == "-" ? "standard input" : path
    block = [UInt8](repeating: 0, count: blockBytes)
    guard path != "-" else {
      file = nil
      descriptor = STDIN_FILENO
      return
    }
    let file = try Self.opened(path)
    descriptor = file.number
    self.file = consume file
  }

  private static func opened(_ path: String) throws(InputError) -> Descriptor {
    do throws(FileError) {
      let file = try Descriptor(opening: path, O_RDONLY)
      var status = stat()
      guard fstat(file.number, &status) != 0 || status.st_mode & S_IFMT != S_IFDIR else {
        throw .notRegularFile(path: path)
      }
      return file
    } catch {
      throw .file(error)
    }
  }

  /// Calls `body` with the next bytes; with none at the end.
  func withNextBytes(_ body: (UnsafeRawBufferPointer) -> Void) throws(InputError) {
    while true {
      let count = try readBlock()
      if !isStarted {
        isStarted = true
        // A pipe may deliver one byte at first; two decide.
        if count >= 2, block[0] == 0x1f, block[1] == 0x8b { inflater = Inflater() }
      }
      guard let inflater else {
        block.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        return
      }
      if count == 0 {
        guard inflater.isAtBoundary else { throw .gzip(path: path, reason: "the file is cut off") }
        body(UnsafeRawBufferPointer(start: nil, count: 0))
        return
      }
      let (produced, failure) = block.withUnsafeBytes {
        inflater.inflate(UnsafeRawBufferPointer(rebasing: $0[..<count]), into: body)
      }
      if let failure { throw .gzip(path: path, reason: failure) }
      if produced > 0 { return }
    }
  }

  private func readBlock() throws(InputError) -> Int {
    var filled = 0
    let wanted = isStarted ? 1 : 2
    while filled < wanted {
      let result = block.withUnsafeMutableBytes {
        read(descriptor, $0.baseAddress.map { $0 + filled }, $0.count - filled)
      }
      if result == 0 { break }
      if result < 0 {
        if errno == EINTR { continue }
        throw .file(FileError(.read, path: path, number: errno))
      }
      filled += result
    }
    return filled
  }
}

/// A gzip stream that is being decompressed.
private final class Inflater {
  private let stream: UnsafeMutablePointer<z_stream>
  private var output = [UInt8](repeating: 0, count: 1 << 18)
  private var isOpen: Bool
  /// The input so far ends with the end of a member.
  private(set) var isAtBoundary = true

  init() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // 15 bits of window, and 16 for the gzip header.
    isOpen = autodidact_inflate_init(stream, 15 + 16) == Z_OK
  }

  deinit {
    if isOpen { inflateEnd(stream) }
    stream.deallocate()
  }

  /// Hands the decompressed bytes of `input` to `body`, piece by piece.
  func inflate(
    _ input: UnsafeRawBufferPointer, into body: (UnsafeRawBufferPointer) -> Void
  ) -> (produced: Int, failure: String?) {
    guard isOpen else { return (0, "zlib has no memory") }
    var produced = 0
    let start = input.baseAddress?.assumingMemoryBound(to: Bytef.self)
    stream.pointee.next_in = UnsafeMutablePointer(mutating: start)
    stream.pointee.avail_in = uInt(input.count)
    var isOutputFull = false
    while stream.pointee.avail_in > 0 || isOutputFull {
      if isAtBoundary {
        guard stream.pointee.avail_in > 0 else { break }
        inflateReset(stream)
        isAtBoundary = false
      }
      var count = 0
      let status = output.withUnsafeMutableBytes { room in
        stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: Bytef.self)
        stream.pointee.avail_out = uInt(room.count)
        let status = CZlib.inflate(stream, Z_NO_FLUSH)
        count = room.count - Int(stream.pointee.avail_out)
        if count > 0 { body(UnsafeRawBufferPointer(rebasing: room[..<count])) }
        return status
      }
      produced += count
      isOutputFull = stream.pointee.avail_out == 0
      if status == Z_STREAM_END {
        isAtBoundary = true
      } else if status == Z_BUF_ERROR, stream.pointee.avail_in == 0 {
        break
      } else if status != Z_OK {
        return (produced, stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(status)")
      }
    }
    return (produced, nil)
  }
}
