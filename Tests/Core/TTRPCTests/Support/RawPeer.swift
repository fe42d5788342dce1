import Dispatch
import Glibc

/// One end of a Unix socket that writes and reads whatever bytes a test wants.
final class RawPeer: Sendable {
  /// Why reading or connecting stopped.
  enum Failure: Error, Equatable {
    case system(String, Int32)
    case timeout
    case closed(after: Int)
  }

  let descriptor: Int32

  init(descriptor: Int32) {
    self.descriptor = descriptor
  }

  /// Connects to a listening socket.
  init(connectingTo path: String) throws {
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard withAddress(path, { connect(descriptor, $0, $1) }) == 0 else {
      throw Failure.system("connect", errno)
    }
  }

  deinit {
    close(descriptor)
  }

  /// Writes all bytes, on a thread of its own since a full socket blocks.
  func send(_ bytes: [UInt8]) async throws {
    let descriptor = self.descriptor
    try await offPool {
      var sent = 0
      while sent < bytes.count {
        let count = bytes[sent...].withUnsafeBytes {
          Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard count > 0 else { throw Failure.system("send", errno) }
        sent += count
      }
    }
  }

  func send(_ frames: RawFrame...) async throws {
    try await send(frames.flatMap { $0.bytes })
  }

  /// Reads one frame.
  func receive() async throws -> RawFrame {
    let header = try await read(10)
    let length = header[..<4].reduce(0) { $0 << 8 | Int($1) }
    let stream = header[4..<8].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    return RawFrame(
      stream: stream, type: header[8], flags: header[9], body: try await read(length))
  }

  /// Sends frames and reads one.
  func exchange(_ frames: RawFrame...) async throws -> RawFrame {
    try await send(frames.flatMap { $0.bytes })
    return try await receive()
  }

  /// Reads exactly `count` bytes, each within the time limit of a test.
  func read(_ count: Int) async throws -> [UInt8] {
    let descriptor = self.descriptor
    return try await offPool {
      var bytes = [UInt8](repeating: 0, count: count)
      var filled = 0
      while filled < count {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard Glibc.poll(&poll, 1, 50_000) > 0 else { throw Failure.timeout }
        let got = bytes[filled...].withUnsafeMutableBytes {
          Glibc.read(descriptor, $0.baseAddress, $0.count)
        }
        guard got > 0 else { throw Failure.closed(after: filled) }
        filled += got
      }
      return bytes
    }
  }

  /// Reads until the other end closes and returns how many bytes came.
  func readToEnd() async throws -> Int {
    let descriptor = self.descriptor
    return try await offPool {
      var bytes = [UInt8](repeating: 0, count: 1 << 20)
      var total = 0
      while true {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard Glibc.poll(&poll, 1, 50_000) > 0 else { throw Failure.timeout }
        let got = Glibc.read(descriptor, &bytes, bytes.count)
        if got <= 0 { return total }
        total += got
      }
    }
  }

  /// Whether the other end has closed and nothing is left to read.
  func isAtEnd() async throws -> Bool {
    do {
      _ = try await read(1)
      return false
    } catch Failure.closed {
      return true
    }
  }

  /// Tells the other end that nothing more comes.
  func shutDownWriting() {
    shutdown(descriptor, Int32(SHUT_WR))
  }
}

/// Runs blocking work on a thread that Swift concurrency does not need.
func offPool<Value: Sendable>(
  _ body: @escaping @Sendable () throws -> Value
) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    DispatchQueue.global().async { continuation.resume(with: Result { try body() }) }
  }
}

/// Calls `body` with the address of a path.
func withAddress(
  _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
) -> Int32 {
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
  return withUnsafePointer(to: address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
    }
  }
}
