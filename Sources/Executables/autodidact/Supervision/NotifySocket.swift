import Daemon
import Dispatch
import Glibc

/// The socket on which a child says how it is doing, as daemons do towards systemd.
///
/// Safety of `@unchecked Sendable`: the source is set once and only cancelled, which Dispatch
/// allows from any thread.
final class NotifySocket: @unchecked Sendable {
  /// What `NOTIFY_SOCKET` is for the child.
  let address: String
  /// The messages in order; ends when the socket is closed.
  let messages: AsyncStream<String>
  private let source: any DispatchSourceRead

  /// Binds a socket without a file: its name is in the kernel's own name space.
  init?(name: String) {
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { bytes in
      bytes[1...].copyBytes(from: name.utf8.prefix(bytes.count - 1))
    }
    let length = MemoryLayout<sa_family_t>.size + 1 + name.utf8.count
    let bound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(length))
      }
    }
    guard bound == 0 else {
      close(descriptor)
      return nil
    }
    self.address = "@\(name)"
    let (stream, continuation) = AsyncStream.makeStream(of: String.self)
    messages = stream
    source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: .global())
    source.setEventHandler {
      var buffer = [UInt8](repeating: 0, count: 4096)
      let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      guard count > 0 else { return }
      continuation.yield(String(decoding: buffer.prefix(count), as: UTF8.self))
    }
    source.setCancelHandler {
      close(descriptor)
      continuation.finish()
    }
    source.resume()
  }

  /// Closes the socket.
  func end() { source.cancel() }
}
