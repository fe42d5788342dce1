import NIOCore

#if canImport(Glibc)
  import Glibc
#endif

/// Where a server takes connections from.
public enum ListeningSocket: Sendable, Hashable {
  /// A Unix socket made at a path, with the permissions of the file.
  case path(String, mode: UInt32 = 0o660)
  /// A Unix stream socket that somebody else bound, as systemd does; the server takes it over.
  case descriptor(Int32)
}

/// Why a server cannot listen.
public enum ListeningError: Error, Equatable {
  /// The path is longer than the kernel takes, or empty.
  case pathLength(path: String, bytes: Int, limit: Int)
  /// Another process answers on the path.
  case inUse(path: String)
  /// Something that is no socket is at the path.
  case notASocket(path: String)
  /// The descriptor is no Unix stream socket.
  case descriptor(Int32)
  /// A system call failed.
  case system(operation: String, path: String, errno: Int32)
}

extension ListeningError: CustomStringConvertible {
  /// What is wrong, in words for the person who starts the server.
  public var description: String {
    switch self {
    case .pathLength(let path, let bytes, let limit):
      "socket path '\(path)' has \(bytes) bytes, limit \(limit)"
    case .inUse(let path): "another process serves \(path)"
    case .notASocket(let path): "\(path) exists and is no socket"
    case .descriptor(let descriptor): "descriptor \(descriptor) is no Unix stream socket"
    case .system(let operation, let path, let number):
      "\(operation) \(path): \(String(cString: strerror(number)))"
    }
  }
}

extension ListeningSocket {
  /// A bound descriptor, and the file to remove afterwards where this process made it.
  struct Bound {
    let descriptor: Int32
    let file: SocketFile?
  }

  /// Makes or checks the socket.
  func bind() throws(ListeningError) -> Bound {
    switch self {
    case .path(let path, let mode): return try Self.bind(path: path, mode: mode)
    case .descriptor(let descriptor):
      var address = sockaddr_storage()
      var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
      let result = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          getsockname(descriptor, $0, &length)
        }
      }
      guard result == 0, Int32(address.ss_family) == AF_UNIX else {
        throw .descriptor(descriptor)
      }
      return Bound(descriptor: descriptor, file: nil)
    }
  }

  private static func bind(path: String, mode: UInt32) throws(ListeningError) -> Bound {
    let address = try UnixAddress(path: path)
    // Two servers that start at once must not both find the socket stale: the folder is locked
    // while one of them looks and binds.
    let folder = open(folderPath(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw failure("open the folder of", path) }
    defer { close(folder) }
    guard flock(folder, LOCK_EX) == 0 else { throw failure("lock the folder of", path) }
    try removeStale(path, address)
    let descriptor = socket(AF_UNIX, unixStreamType, 0)
    guard descriptor >= 0 else { throw failure("make a socket for", path) }
    do throws(ListeningError) {
      // The mode of the unbound socket limits what bind gives the file, so that the file is
      // never more open than asked, not even between bind and chmod.
      guard fchmod(descriptor, mode_t(mode)) == 0 else { throw failure("set the mode of", path) }
      guard address.withPointer({ Glibc.bind(descriptor, $0, $1) }) == 0 else {
        throw failure("bind", path)
      }
      guard chmod(path, mode_t(mode)) == 0 else { throw failure("set the mode of", path) }
      guard listen(descriptor, 1024) == 0 else { throw failure("listen on", path) }
    } catch {
      close(descriptor)
      throw error
    }
    return Bound(descriptor: descriptor, file: SocketFile(path: path))
  }

  private static func removeStale(
    _ path: String, _ address: UnixAddress
  ) throws(ListeningError) {
    var status = stat()
    guard lstat(path, &status) == 0 else {
      if errno == ENOENT { return }
      throw failure("look at", path)
    }
    guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path: path) }
    let probe = socket(AF_UNIX, unixStreamType | Int32(SOCK_NONBLOCK.rawValue), 0)
    guard probe >= 0 else { throw failure("make a socket for", path) }
    defer { close(probe) }
    if address.withPointer({ connect(probe, $0, $1) }) == 0 || errno == EAGAIN {
      throw .inUse(path: path)  // EAGAIN: the backlog is full, so somebody listens
    }
    guard errno == ECONNREFUSED else { throw failure("probe", path) }
    guard unlink(path) == 0 || errno == ENOENT else { throw failure("remove", path) }
  }

  private static var unixStreamType: Int32 {
    Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
  }

  private static func folderPath(_ path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func failure(_ operation: String, _ path: String) -> ListeningError {
    .system(operation: operation, path: path, errno: errno)
  }
}

/// The address of a Unix socket with a path.
struct UnixAddress {
  private let address: sockaddr_un

  init(path: String) throws(ListeningError) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    let limit = MemoryLayout.size(ofValue: address.sun_path) - 1
    guard !bytes.isEmpty, bytes.count <= limit, !bytes.contains(0) else {
      throw .pathLength(path: path, bytes: bytes.count, limit: limit)
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    self.address = address
  }

  /// Calls `body` with the address as the socket calls want it.
  func withPointer(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    withUnsafePointer(to: address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}

/// A socket's file, remembered so that only this very file is removed.
struct SocketFile: Sendable {
  private let path: String
  private let identity: [Int]

  /// Remembers the file that is at `path` now.
  init?(path: String) {
    guard let identity = Self.identity(of: path) else { return nil }
    self.path = path
    self.identity = identity
  }

  /// Removes the file unless somebody has put another in its place.
  func remove() {
    if Self.identity(of: path) == identity { unlink(path) }
  }

  /// Device, number and time of the last change: numbers of removed files are used again.
  private static func identity(of path: String) -> [Int]? {
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    return [
      Int(status.st_dev), Int(truncatingIfNeeded: status.st_ino), status.st_ctim.tv_sec,
      status.st_ctim.tv_nsec,
    ]
  }
}
