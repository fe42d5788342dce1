import Messages
import Testing

@Suite struct HostileInputTests {
  static let frameBytes = 4 << 20

  @Test func `millions of empty messages meet the memory limit, quickly`() {
    let hostile = repeated(Wire.block(1, []))
    let time = ContinuousClock().measure {
      let error = #expect(throws: MessageError.self) {
        try PseudoLabelsResponse.decoded(from: hostile)
      }
      guard case .overBudget(_, let byteCount, let limit) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(byteCount > limit && byteCount < limit * 2)
    }
    #expect(time < .seconds(20))
  }

  @Test func `millions of strings meet the memory limit, quickly`() {
    let hostile = repeated(Wire.block(1, []))
    let time = ContinuousClock().measure {
      let error = #expect(throws: MessageError.self) { try TextBatch.decoded(from: hostile) }
      guard case .overBudget = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    }
    #expect(time < .seconds(20))
  }

  @Test func `a message that occurs twice is refused before it is merged`() throws {
    let once = Wire.block(2, Wire.varint(5, 7))
    #expect(try EncodeRequest.decoded(from: once).options?.tokensMax == 7)
    let error = MessageError.repeatedSingularMessage(field: "autodidact.v1.EncodeRequest.options")
    #expect(throws: error) { try EncodeRequest.decoded(from: once + once) }
    #expect(throws: error) { try EncodeRequest.decoded(from: repeated(once)) }
    let input = Wire.block(4, [])
    #expect(throws: MessageError.repeatedSingularMessage(field: "autodidact.v1.EncodeRequest.text"))
    {
      try EncodeRequest.decoded(from: input + input)
    }
  }

  @Test func `the last member of a oneof counts`() throws {
    let both = Wire.block(4, Wire.block(1, [65])) + Wire.block(6, [])
    #expect(try EncodeRequest.decoded(from: both).input == .image(ImageBatch()))
  }

  @Test func `the last of several scalars, strings and blocks counts`() throws {
    let wire =
      Wire.varint(3, 1) + Wire.block(1, Array("first".utf8)) + Wire.varint(3, 2)
      + Wire.block(1, Array("second".utf8))
    let request = try EncodeRequest.decoded(from: wire)
    #expect(request.sequence == 2 && request.model == "second")
    let block = [UInt8](repeating: 1, count: 100_000)
    let chunk = try DetectorChunk.decoded(from: Wire.block(2, block) + Wire.block(2, [9]))
    #expect(chunk.data == [9])
    let large = try DetectorChunk.decoded(from: Wire.block(2, [9]) + Wire.block(2, block))
    #expect(large.data.array == block)
  }

  @Test func `unknown fields are ignored, up to a limit`() throws {
    var wire = Wire()
    wire.varint(900, .max)
    wire.block(901, [1, 2, 3])
    wire.raw(Wire.tag(902, 1) + [0, 1, 2, 3, 4, 5, 6, 7])
    wire.raw(Wire.tag(903, 5) + [0, 1, 2, 3])
    wire.block(1, Array("minilm".utf8))
    #expect(try EncodeRequest.decoded(from: wire.bytes) == EncodeRequest(model: "minilm"))
    #expect(
      try EncodeRequest.decoded(from: wire.bytes).encoded() == Wire.block(1, Array("minilm".utf8)))

    let limits = DecodingLimits(unknownFieldCountMax: 3)
    let error = MessageError.tooManyUnknownFields(
      message: "autodidact.v1.EncodeRequest", limit: 3)
    #expect(throws: error) { try EncodeRequest.decoded(from: wire.bytes, limits: limits) }
    #expect(throws: MessageError.self) {
      try EncodeRequest.decoded(from: repeated(Wire.varint(900, 1)))
    }
  }

  @Test func `deeply nested blocks cost nothing`() throws {
    var nested: [UInt8] = []
    for _ in 0..<20_000 { nested = Wire.tag(15, 2) + Wire.varint(UInt64(nested.count)) + nested }
    #expect(try Head.decoded(from: nested) == Head())
  }

  @Test func `a message over the limit is refused unread`() {
    let limits = DecodingLimits(messageBytesMax: 8)
    #expect(throws: MessageError.tooLarge(message: "autodidact.v1.Tensor", byteCount: 9, limit: 8))
    {
      try Tensor.decoded(from: [UInt8](repeating: 0, count: 9), limits: limits)
    }
    #expect(throws: Never.self) {
      try Tensor.decoded(from: Wire.block(3, [1, 2, 3, 4, 5, 6]), limits: limits)
    }
  }

  @Test func `whatever allocation is refused, decoding fails and leaks nothing`() throws {
    let golden = try #require(GoldenTests.cases.max { $0.bytes.count < $1.bytes.count })
    let type = try #require(GoldenTests.types[golden.name])
    var limit = 0
    var refusals = 0
    while true {
      do {
        _ = try type.decoded(from: golden.bytes, limits: DecodingLimits(memoryBytesMax: limit))
        break
      } catch {
        guard case .overBudget(_, let byteCount, limit) = error else {
          Issue.record("\(golden.name) with \(limit) bytes: \(error)")
          return
        }
        #expect(byteCount > limit)
        limit += 16
        refusals += 1
      }
    }
    #expect(refusals > 100)
  }

  /// As many copies of `field` as a frame holds.
  private func repeated(_ field: [UInt8]) -> [UInt8] {
    let count = Self.frameBytes / field.count
    return [UInt8](unsafeUninitializedCapacity: count * field.count) { buffer, initialized in
      for index in 0..<count * field.count { buffer[index] = field[index % field.count] }
      initialized = count * field.count
    }
  }
}
