import Messages
import Testing

@Suite struct BytesTests {
  @Test func `equal bytes are equal wherever they lie`() {
    let bytes = Bytes([1, 2, 3])
    #expect(bytes == [1, 2, 3] && bytes.hashValue == Bytes([1, 2, 3]).hashValue)
    #expect(bytes != [1, 2] && bytes != [1, 2, 4] && Bytes() == [])
    #expect(bytes.array == [1, 2, 3] && bytes.count == 3 && Bytes([]).isEmpty)
  }

  @Test func `memory that is written in place starts as zeros, aligned to 16`() {
    let bytes = Bytes(count: 100) { memory in
      #expect(memory.allSatisfy { $0 == 0 })
      #expect(UInt(bitPattern: memory.baseAddress) % 16 == 0)
      memory[99] = 5
    }
    #expect(bytes.array.last == 5)
  }

  @Test func `an error while writing is passed on`() {
    #expect(throws: TensorError.self) {
      try Bytes(count: 1) { _ throws(TensorError) in throw .shapeOverflow(shape: []) }
    }
  }

  @Test func `adopted memory lives as long as its owner`() throws {
    let copy: [UInt8]
    do {
      let adopted = try #require(Bytes([1, 2, 3]).adoptable)
      copy = withExtendedLifetime(adopted.owner) { Array(adopted.memory) }
    }
    #expect(copy == [1, 2, 3])
    #expect(Bytes().adoptable == nil)
  }
}
