import EchoServices

/// A ttrpc frame spelled out by hand, so that tests do not trust the code that they test.
struct RawFrame: Equatable, CustomStringConvertible {
  var stream: UInt32
  var type: UInt8
  var flags: UInt8 = 0
  var body: [UInt8] = []

  var bytes: [UInt8] {
    Self.header(length: UInt32(body.count), stream: stream, type: type, flags: flags) + body
  }

  static func header(length: UInt32, stream: UInt32, type: UInt8, flags: UInt8 = 0) -> [UInt8] {
    bigEndian(length) + bigEndian(stream) + [type, flags]
  }

  static func bigEndian(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  var description: String {
    "stream \(stream) type \(type) flags \(flags) body \(body.prefix(40)) (\(body.count) bytes)"
  }

  // MARK: Bodies

  static func varint(_ value: UInt64) -> [UInt8] {
    value < 128 ? [UInt8(value)] : [UInt8(value & 127) | 128] + varint(value >> 7)
  }

  static func field(_ number: UInt64, _ content: [UInt8]) -> [UInt8] {
    varint(number << 3 | 2) + varint(UInt64(content.count)) + content
  }

  static func field(_ number: UInt64, _ text: String) -> [UInt8] {
    field(number, Array(text.utf8))
  }

  static func integer(_ number: UInt64, _ value: UInt64) -> [UInt8] {
    varint(number << 3) + varint(value)
  }

  static func request(
    _ stream: UInt32, _ method: String, payload: [UInt8] = [], flags: UInt8 = 0,
    service: String = EchoServices.name, extra: [UInt8] = []
  ) -> RawFrame {
    RawFrame(
      stream: stream, type: 1, flags: flags,
      body: field(1, service) + field(2, method) + (payload.isEmpty ? [] : field(3, payload))
        + extra)
  }

  static func data(_ stream: UInt32, _ body: [UInt8], flags: UInt8 = 0) -> RawFrame {
    RawFrame(stream: stream, type: 3, flags: flags, body: body)
  }

  static func close(_ stream: UInt32) -> RawFrame {
    RawFrame(stream: stream, type: 3, flags: 5)
  }

  static func success(_ stream: UInt32, _ payload: [UInt8]) -> RawFrame {
    RawFrame(stream: stream, type: 2, body: payload.isEmpty ? [] : field(2, payload))
  }

  static func failure(_ stream: UInt32, code: UInt64, _ message: String = "no") -> RawFrame {
    RawFrame(stream: stream, type: 2, body: field(1, integer(1, code) + field(2, message)))
  }

  /// The status code of a response, 0 where there is none; nil for other frames.
  var code: UInt64? {
    guard type == 2 else { return nil }
    guard body.first == 0x0A, body.count > 3, body[2] == 0x08 || body[3] == 0x08 else { return 0 }
    return UInt64(body[2] == 0x08 ? body[3] : body[4])
  }

  /// The readable part of the body.
  var text: String { String(decoding: body, as: UTF8.self) }
}
