import Messages
import Testing

/// Values that the schema does not allow, each with the error that names it.
@Suite struct ValueTests {
  @Test(
    arguments: [
      ([0xff], 0), ([0x61, 0xc3], 1), ([0xc0, 0x80], 0), ([0xed, 0xa0, 0x80], 0),
      ([0x61, 0x62, 0xf4, 0x90, 0x80, 0x80], 2),
    ] as [([UInt8], Int)])
  func `a string that is not UTF-8 is refused with its offset`(_ bytes: [UInt8], _ offset: Int) {
    #expect(
      throws: MessageError.invalidUTF8(
        field: "autodidact.v1.EncodeRequest.model", byteOffset: offset)
    ) {
      try EncodeRequest.decoded(from: Wire.block(1, bytes))
    }
  }

  @Test func `a NUL in a string is refused on both ways`() {
    let error = MessageError.embeddedNUL(field: "autodidact.v1.TextBatch.texts", byteOffset: 1)
    #expect(throws: error) {
      try TextBatch.decoded(from: Wire.block(1, [97]) + Wire.block(1, [97, 0, 98]))
    }
    #expect(throws: error) { try TextBatch(texts: ["a", "a\0b"]).encoded() }
    #expect(throws: MessageError.self) { try EncodeRequest(model: "\0").encoded() }
  }

  @Test func `bytes may hold anything`() throws {
    let chunk = DetectorChunk(data: [0, 255, 0, 192])
    #expect(try DetectorChunk.decoded(from: chunk.encoded()) == chunk)
  }

  @Test func `a number that an enum does not have is refused`() {
    let field = "autodidact.v1.Tensor.dtype"
    #expect(throws: MessageError.unknownEnumNumber(field: field, value: 8)) {
      try Tensor.decoded(from: Wire.varint(2, 8))
    }
    #expect(throws: MessageError.unknownEnumNumber(field: field, value: -1)) {
      try Tensor.decoded(from: Wire.varint(2, .max))
    }
    #expect(throws: MessageError.unknownEnumNumber(field: field, value: 1 << 32)) {
      try Tensor.decoded(from: Wire.varint(2, 1 << 32))
    }
  }

  @Test func `a number that its type cannot hold is refused`() throws {
    let maximum = Int64(UInt32.max)
    #expect(
      throws: MessageError.outOfRange(
        field: "autodidact.v1.EncodeOptions.tokens_max", value: 1 << 32, minimum: 0,
        maximum: maximum)
    ) {
      try EncodeOptions.decoded(from: Wire.varint(5, 1 << 32))
    }
    #expect(
      try EncodeOptions.decoded(from: Wire.varint(5, UInt64(maximum))).tokensMax == UInt32.max)
    let code = "autodidact.v1.ItemFailure.code"
    #expect(
      throws: MessageError.outOfRange(
        field: code, value: 1 << 31, minimum: -1 << 31, maximum: 1 << 31 - 1)
    ) {
      try ItemFailure.decoded(from: Wire.varint(1, 1 << 31))
    }
    let negative = UInt64(bitPattern: -5)
    #expect(try ItemFailure.decoded(from: Wire.varint(1, negative)).code == -5)
  }

  @Test func `a truth value other than 0 and 1 is refused`() {
    let error = MessageError.outOfRange(
      field: "autodidact.v1.EncodeOptions.token_states", value: 2, minimum: 0, maximum: 1)
    #expect(throws: error) { try EncodeOptions.decoded(from: Wire.varint(8, 2)) }
    #expect(throws: MessageError.self) {
      try ScoreResponse.decoded(from: Wire.block(4, [1, 0, 2]))
    }
    // A long form of 1, of which protobuf-c would make two elements.
    #expect(throws: MessageError.self) {
      try ScoreResponse.decoded(from: Wire.block(4, [0x81, 0x00]))
    }
  }

  @Test func `a field in another wire type is refused`() {
    let error = MessageError.wireType(
      field: "autodidact.v1.EncodeRequest.sequence", actual: 2, expected: 0)
    #expect(throws: error) { try EncodeRequest.decoded(from: Wire.block(3, [1])) }
    #expect(throws: MessageError.self) { try EncodeRequest.decoded(from: Wire.varint(2, 1)) }
    #expect(throws: MessageError.self) {
      try ScoreResponse.decoded(from: Wire.tag(2, 1) + [0, 0, 0, 0, 0, 0, 0, 0])
    }
  }

  @Test func `repeated numbers are read packed and one by one`() throws {
    let one: [UInt8] = [0, 0, 128, 63]
    let packed = Wire.block(2, one + one)
    let single = Wire.tag(2, 5) + one
    #expect(try ScoreResponse.decoded(from: packed + single + packed).scores == [1, 1, 1, 1, 1])
    #expect(try ScoreResponse.decoded(from: Wire.block(2, [])).scores.isEmpty)
    #expect(
      throws: MessageError.packedLength(
        field: "autodidact.v1.ScoreResponse.scores", byteCount: 7, elementBytes: 4)
    ) {
      try ScoreResponse.decoded(from: Wire.block(2, one + [0, 0, 128]))
    }
  }

  @Test(
    arguments: [
      [0x00], [0x03], [0x0b], [0x0c], [0x0e], [0x0f], [0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
      [0xff, 0xff, 0xff, 0xff, 0x7f, 0x00],
    ] as [[UInt8]])
  func `a tag that cannot be is refused`(_ bytes: [UInt8]) {
    #expect(throws: MessageError.invalidTag(message: "autodidact.v1.Tensor", byteOffset: 0)) {
      try Tensor.decoded(from: bytes + [0, 0, 0, 0])
    }
  }

  @Test func `a varint of more than 64 bits is refused`() {
    let error = MessageError.invalidVarint(
      message: "autodidact.v1.EncodeRequest", byteOffset: 0)
    let nine = [UInt8](repeating: 0xff, count: 9)
    #expect(throws: MessageError.truncated(message: "autodidact.v1.EncodeRequest", byteOffset: 0)) {
      try EncodeRequest.decoded(from: [0x18] + nine)
    }
    #expect(throws: error) { try EncodeRequest.decoded(from: [0x18] + nine + [0x02]) }
    #expect(throws: error) { try EncodeRequest.decoded(from: [0x18] + nine + [0x80, 0x00]) }
    #expect(throws: Never.self) { try EncodeRequest.decoded(from: [0x18] + nine + [0x01]) }
  }

  @Test func `a length beyond the end is refused`() {
    let error = MessageError.truncated(message: "autodidact.v1.DetectorChunk", byteOffset: 0)
    for length in [[4], [0xff, 0xff, 0xff, 0xff, 0x0f], [0xff, 0xff, 0xff, 0xff, 0x7f]] as [[UInt8]]
    {
      #expect(throws: error) { try DetectorChunk.decoded(from: [0x12] + length + [1, 2, 3]) }
    }
    // A nested message may not reach past its own end into the outer one.
    #expect(throws: MessageError.truncated(message: "autodidact.v1.TextBatch", byteOffset: 2)) {
      try EncodeRequest.decoded(from: [0x22, 0x02, 0x0a, 0x05] + Array("hello".utf8))
    }
  }

  @Test func `every error is a sentence with its values`() {
    let errors: [MessageError] = [
      .tooLarge(message: "M", byteCount: 77, limit: 55), .truncated(message: "M", byteOffset: 77),
      .invalidTag(message: "M", byteOffset: 77), .invalidVarint(message: "M", byteOffset: 77),
      .wireType(field: "M.f", actual: 77, expected: 55),
      .packedLength(field: "M.f", byteCount: 77, elementBytes: 55),
      .outOfRange(field: "M.f", value: 77, minimum: 55, maximum: 55),
      .unknownEnumNumber(field: "M.f", value: 77), .invalidUTF8(field: "M.f", byteOffset: 77),
      .embeddedNUL(field: "M.f", byteOffset: 77), .tooDeep(message: "M", depth: 77, limit: 55),
      .overBudget(message: "M", byteCount: 77, limit: 55),
    ]
    for error in errors {
      #expect(error.description.hasPrefix("M"), "\(error)")
      #expect(error.description.contains("77"), "\(error)")
    }
    #expect(errors.filter { $0.isBeyondLimit }.count == 2)
  }
}
