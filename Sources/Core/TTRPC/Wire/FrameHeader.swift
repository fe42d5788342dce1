/// The ten bytes before the body of each ttrpc frame.
struct FrameHeader: Equatable, Sendable {
  /// What a frame carries; peers may send numbers that have no name here.
  struct Kind: RawRepresentable, Equatable, Sendable {
    let rawValue: UInt8

    static let request = Kind(rawValue: 1)
    static let response = Kind(rawValue: 2)
    static let data = Kind(rawValue: 3)
  }

  /// The bits of the last header byte; unknown ones are ignored.
  struct Flags: OptionSet, Sendable {
    let rawValue: UInt8

    /// The sender sends nothing more on this stream.
    static let remoteClosed = Flags(rawValue: 0x01)
    /// The sender will send data frames on this stream.
    static let remoteOpen = Flags(rawValue: 0x02)
    /// The frame carries no message, not even an empty one.
    static let noData = Flags(rawValue: 0x04)
  }

  /// The encoded size of a header.
  static let byteCount = 10
  /// The largest body that a frame may have.
  static let bodyBytesMax = 4 << 20

  var bodyBytes: UInt32
  var streamID: UInt32
  var kind: Kind
  var flags: Flags

  /// Whether the stream id is one that a client may open.
  var isClientStream: Bool { streamID & 1 == 1 }
}
