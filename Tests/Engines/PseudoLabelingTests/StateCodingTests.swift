import Testing

@testable import PseudoLabeling

@Suite struct StateCodingTests {
  @Test func `every shortened or lengthened state is refused`() throws {
    var run = SelfTrainingRunTests.run(try sampleData(labelled: 6, unlabelled: 20))
    run.finish()
    let bytes = run.state.encoded()
    #expect(try SelfTrainingRun.State(decoding: bytes) == run.state)
    for count in stride(from: 0, to: bytes.count, by: 7) {
      #expect(throws: RunStateError.self) {
        try SelfTrainingRun.State(decoding: Array(bytes.prefix(count)))
      }
    }
    #expect(throws: RunStateError.self) { try SelfTrainingRun.State(decoding: bytes + [0]) }
  }

  @Test func `every shortened record is refused`() throws {
    var run = SelfTrainingRunTests.run(try sampleData(labelled: 6, unlabelled: 20))
    let record = try run.lastRecord()
    let bytes = record.encoded()
    #expect(try RoundRecord(decoding: bytes) == record)
    for count in stride(from: 0, to: bytes.count, by: 5) {
      #expect(throws: RunStateError.self) {
        try RoundRecord(decoding: Array(bytes.prefix(count)))
      }
    }
  }

  @Test func `a hostile count is refused before memory is taken`() throws {
    var run = SelfTrainingRunTests.run(try sampleData(labelled: 6, unlabelled: 20))
    run.finish()
    var bytes = run.state.encoded()
    let start = 8 + "autodidact self-training state 1".utf8.count
    for index in start..<start + 8 { bytes[index] = index == start + 7 ? 0x7f : 0xff }
    #expect(throws: RunStateError.damaged(offset: start + 8)) {
      try SelfTrainingRun.State(decoding: bytes)
    }
  }

  @Test func `another format is named`() {
    let other = [UInt8](repeating: 0, count: 8)
    #expect(
      throws: RunStateError.format(found: "", expected: "autodidact self-training state 1")
    ) {
      try SelfTrainingRun.State(decoding: other)
    }
  }
}
