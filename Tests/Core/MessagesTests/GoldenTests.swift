import Foundation
import Messages
import Testing

/// Bytes that Google's protobuf made, for every message type; see ops/goldens/messages.py.
@Suite struct GoldenTests {
  private struct File: Decodable {
    struct Case: Decodable {
      let name: String
      let hex: String
    }
    let cases: [Case]
  }

  static let cases: [(name: String, bytes: [UInt8])] = {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Goldens/messages.json")
    do {
      let file = try JSONDecoder().decode(File.self, from: Data(contentsOf: url))
      return file.cases.map { ($0.name, bytes(hexadecimal: $0.hex)) }
    } catch {
      preconditionFailure("\(url.path()): \(error)")
    }
  }()

  static let types: [String: any WireMessage.Type] = Dictionary(
    uniqueKeysWithValues: MessageTypes.all.map { ($0.messageName, $0) })

  @Test func `every message type has golden bytes`() {
    #expect(Set(Self.cases.map { $0.name }) == Set(Self.types.keys))
  }

  @Test func `golden bytes come back unchanged from every message type`() throws {
    for (name, bytes) in Self.cases {
      let type = try #require(Self.types[name])
      #expect(try reencoded(type, bytes) == bytes, "\(name)")
    }
  }

  @Test func `golden bytes hold the values that they were made of`() throws {
    let bytes = try #require(Self.cases.first { $0.name == "autodidact.v1.Method" }).bytes
    let method = try Method.decoded(from: bytes)
    #expect(method.id == "é漢👩‍🔬1")
    #expect(method.title == "line\nbreak2")
    #expect(method.needs == ["é漢👩‍🔬5", "", "line\nbreak6"])
  }

  @Test func `golden bytes cut anywhere are refused or are a shorter message`() throws {
    for (name, bytes) in Self.cases where bytes.count <= 600 {
      let type = try #require(Self.types[name])
      for count in bytes.indices {
        do {
          let shorter = try reencoded(type, Array(bytes[..<count]))
          #expect(shorter.count <= count, "\(name) cut to \(count)")
        } catch let error as MessageError {
          guard case .truncated = error else {
            Issue.record("\(name) cut to \(count): \(error)")
            continue
          }
        }
      }
    }
  }

  @Test func `one flipped bit is refused or is another message, and never more`() throws {
    for (name, bytes) in Self.cases where bytes.count <= 200 {
      let type = try #require(Self.types[name])
      for bit in 0..<bytes.count * 8 {
        var damaged = bytes
        damaged[bit / 8] ^= 1 << UInt8(bit % 8)
        do {
          let once = try reencoded(type, damaged)
          #expect(try reencoded(type, once) == once, "\(name) with bit \(bit) flipped")
        } catch is MessageError {
          continue
        }
      }
    }
  }

  private func reencoded<Message: WireMessage>(
    _: Message.Type, _ bytes: [UInt8]
  ) throws -> [UInt8] {
    try Message.decoded(from: bytes).encoded()
  }

  private static func bytes(hexadecimal text: String) -> [UInt8] {
    let digits = text.utf8.map { UInt8($0 < 58 ? $0 - 48 : $0 - 87) }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }
}
