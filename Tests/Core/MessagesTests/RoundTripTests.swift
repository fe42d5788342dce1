import Messages
import Testing

@Suite struct RoundTripTests {
  @Test func `a message with every kind of field survives the wire`() throws {
    var request = EncodeRequest()
    request.model = "minilm"
    request.sequence = .max
    var options = EncodeOptions()
    options.pooling = .max
    options.tokensMax = 77
    options.prompt = "query: é 漢 👩‍🔬"
    options.tokenStates = true
    request.options = options
    var batch = TextBatch()
    batch.texts = ["", "one", "two\n"]
    request.input = .text(batch)
    #expect(try EncodeRequest.decoded(from: request.encoded()) == request)
  }

  @Test func `repeated scalars, booleans and messages survive the wire`() throws {
    var response = ScoreResponse()
    response.scores = [-1, 0, .infinity, 3.5]
    response.outOfDistribution = [true, false, true]
    #expect(try ScoreResponse.decoded(from: response.encoded()) == response)

    var label = Label()
    label.name = "code"
    var sample = MetricSample()
    sample.labels = [label, Label()]
    sample.value = -0.5
    #expect(try MetricSample.decoded(from: sample.encoded()) == sample)
  }

  @Test func `a zero that is set differs from a field that is not`() throws {
    var request = GetHeadRequest()
    #expect(try GetHeadRequest.decoded(from: request.encoded()).round == nil)
    request.round = 0
    #expect(try GetHeadRequest.decoded(from: request.encoded()).round == 0)
  }

  @Test func `an empty message has no bytes`() throws {
    #expect(try EncodeRequest().encoded().isEmpty)
    #expect(try EncodeRequest.decoded(from: []) == EncodeRequest())
  }

  @Test(arguments: [1, 15, 16, 17, 511, 512, 513, 4095, 4096, 1 << 20])
  func `blocks of every size arrive, aligned to 16 bytes`(_ count: Int) throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ count) }
    let response = DetokenizeResponse(texts: [Bytes(bytes), Bytes(), Bytes(bytes.reversed())])
    let decoded = try DetokenizeResponse.decoded(from: response.encoded())
    #expect(decoded == response)
    for text in decoded.texts {
      text.withUnsafeBytes { #expect(UInt(bitPattern: $0.baseAddress) % 16 == 0) }
    }
  }

  @Test func `a large block of bytes is handed over without a copy of its own`() throws {
    let tensor = Tensor(rowCount: 512, columnCount: 384, floats: (0..<512 * 384).map { Float($0) })
    let decoded = try Tensor.decoded(from: tensor.encoded())
    #expect(decoded == tensor)
    let (rowCount, columnCount) = try decoded.checkedMatrixShape()
    #expect(rowCount == 512 && columnCount == 384)
    #expect(try decoded.withFloats { $0[384] } == 384)
    let adoptable = try #require(try decoded.adoptableFloats())
    #expect(UInt(bitPattern: adoptable.elements.baseAddress) % 16 == 0)
    #expect(adoptable.elements.count == 512 * 384)
  }
}
