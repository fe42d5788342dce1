import Testing

@testable import Tensors

@Suite struct MatrixTests {
  static let left = Matrix<Float>(rowCount: 2, columnCount: 3, elements: [1, 2, 3, 4, 5, 6])

  @Test func `a product with a transpose equals the written-out sums`() {
    let right = Matrix<Float>(rowCount: 2, columnCount: 3, elements: [1, 0, 1, 0, 2, 0])
    let product = Self.left.multiplied(byTransposeOf: right)
    #expect(product.elements == [4, 4, 10, 10])
  }

  @Test func `a plain product equals the written-out sums`() {
    let right = Matrix<Float>(rowCount: 3, columnCount: 1, elements: [1, 1, 2])
    #expect(Self.left.multiplied(by: right).elements == [9, 21])
  }

  @Test func `a transposed product equals the written-out sums`() {
    let product = Self.left.transposedMultiplied(by: Self.left)
    #expect(product.elements == [17, 22, 27, 22, 29, 36, 27, 36, 45])
  }

  @Test func `selected rows come in the order asked for`() {
    #expect(Self.left.selecting(rows: [1, 0, 1]).elements == [4, 5, 6, 1, 2, 3, 4, 5, 6])
  }

  @Test func `adopted memory is read without a copy`() {
    let owner = Block()
    let matrix = Matrix<Float>(
      rowCount: 1, columnCount: 2, adopting: UnsafeBufferPointer(owner.elements), owner: owner)
    #expect(matrix.elements == [7, 8])
    matrix.withUnsafeBufferPointer { #expect($0.baseAddress == owner.address) }
  }

  @Test func `a product with an empty inner dimension is zero`() {
    let empty = Matrix<Float>(rowCount: 2, columnCount: 0, elements: [])
    #expect(empty.multiplied(byTransposeOf: empty).elements == [0, 0, 0, 0])
  }
}

/// Safety: written once in `init`, read only afterwards.
private final class Block: @unchecked Sendable {
  let elements = UnsafeMutableBufferPointer<Float>.allocate(capacity: 2)
  var address: UnsafePointer<Float>? { UnsafeBufferPointer(elements).baseAddress }

  init() {
    elements[0] = 7
    elements[1] = 8
  }

  deinit { elements.deallocate() }
}
