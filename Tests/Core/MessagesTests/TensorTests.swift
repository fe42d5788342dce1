import Messages
import Testing

@Suite struct TensorTests {
  @Test func `floats come out of a tensor as they went in`() throws {
    let tensor = Tensor(rowCount: 2, columnCount: 3, floats: [1, 2, 3, 4, 5, .infinity])
    #expect(tensor.shape == [2, 3] && tensor.dtype == .float32)
    #expect(try tensor.floats() == [1, 2, 3, 4, 5, .infinity])
    #expect(try tensor.withFloats { Array($0) } == [1, 2, 3, 4, 5, .infinity])
    #expect(try tensor.checkedMatrixShape() == (2, 3))
  }

  @Test func `a tensor can be written in place`() throws {
    let tensor = Tensor(rowCount: 1, columnCount: 2) { $0[1] = 7 }
    #expect(try tensor.floats() == [0, 7])
  }

  @Test func `an empty tensor is a tensor`() throws {
    let tensor = Tensor(rowCount: 0, columnCount: 384, floats: [])
    #expect(try tensor.floats() == [])
    #expect(try tensor.checkedMatrixShape() == (0, 384))
    #expect(try tensor.adoptableFloats() == nil)
  }

  @Test func `an unspecified type is read as float32`() throws {
    var tensor = Tensor(shape: [2], floats: [1, 2])
    tensor.dtype = .unspecified
    #expect(try tensor.floats() == [1, 2])
    #expect(try tensor.withFloats { $0[1] } == 2)
  }

  @Test func `every half of float16 is converted exactly`() throws {
    let halves = (0...UInt16.max).map { $0 }
    let tensor = Tensor(
      shape: [UInt64(halves.count)], dtype: .float16,
      data: halves.withUnsafeBytes { Bytes(copying: $0) })
    for (half, float) in zip(halves, try tensor.floats()) {
      let expected = Float(Float16(bitPattern: half))
      #expect(float.bitPattern == expected.bitPattern || (float.isNaN && expected.isNaN), "\(half)")
    }
  }

  @Test func `bfloat16 and float64 are converted`() throws {
    let brain = Tensor(shape: [2], dtype: .bfloat16, data: [0x80, 0x3f, 0x00, 0xc0])
    #expect(try brain.floats() == [1, -2])
    let double = Tensor(
      shape: [1], dtype: .float64, data: [1.5].withUnsafeBytes { Bytes(copying: $0) })
    #expect(try double.floats() == [1.5])
  }

  @Test func `integers come out of a tensor as they went in`() throws {
    #expect(try Tensor(shape: [3], integers: [-1, 0, 7] as [Int32]).int32s() == [-1, 0, 7])
    #expect(Tensor(shape: [1, 1], integers: [9] as [UInt8]).data == [9])
  }

  @Test func `bytes that do not fit the shape are refused`() {
    let tensor = Tensor(shape: [2, 2], dtype: .float32, data: [0, 0, 0, 0])
    let error = TensorError.byteCount(actual: 4, expected: 16, shape: [2, 2])
    #expect(throws: error) { try tensor.floats() }
    #expect(throws: error) { try tensor.withFloats { $0.count } }
  }

  @Test(
    arguments: [
      [1 << 32, 1 << 32], [.max, 2], [.max, 0], [0, .max], [1 << 62, 1], [1 << 61],
    ] as [[UInt64]])
  func `a shape beyond the address space is refused`(_ shape: [UInt64]) {
    #expect(throws: TensorError.shapeOverflow(shape: shape)) {
      try Tensor(shape: shape, dtype: .float32).floats()
    }
  }

  @Test func `a wrong number of dimensions is refused`() {
    #expect(throws: TensorError.rank(actual: 0, expected: 1...4)) { try Tensor().floats() }
    #expect(throws: TensorError.rank(actual: 1, expected: 2...2)) {
      try Tensor(shape: [1], floats: [1]).checkedMatrixShape()
    }
    #expect(throws: TensorError.rank(actual: 5, expected: 1...4)) {
      try Tensor(shape: [1, 1, 1, 1, 1], floats: [1]).floats()
    }
  }

  @Test func `elements of another type are refused`() {
    let tensor = Tensor(shape: [1, 1], integers: [1] as [Int32])
    let error = TensorError.dtype(actual: .int32, expected: .float32)
    #expect(throws: error) { try tensor.floats() }
    #expect(throws: error) { try tensor.checkedMatrixShape() }
    #expect(throws: error) { try tensor.adoptableFloats() }
    #expect(throws: TensorError.dtype(actual: .float32, expected: .int32)) {
      try Tensor(shape: [1], floats: [1]).int32s()
    }
  }
}
