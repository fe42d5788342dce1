import Testing

@testable import Tensors

@Suite struct NeighborCheckTests {
  @Test func `this machine computes what plain loops compute`() throws {
    try checkNeighbors()
  }

  @Test func `a failure says what to do about it`() {
    #expect("\(NeighborCheckFailure.product(expected: 1, actual: 2))".contains("OPENBLAS_CORETYPE"))
    #expect("\(NeighborCheckFailure.neighbors(kernel: "avx2"))".contains("kernel.path"))
  }
}
