import Testing

@testable import OODService

@Suite struct SelfCheckTests {
  @Test func `this machine computes what plain loops compute`() throws {
    try checkProducts()
  }

  @Test func `a failure says what to do about it`() {
    #expect("\(SelfCheckFailure.product(expected: 1, actual: 2))".contains("OPENBLAS_CORETYPE"))
    #expect("\(SelfCheckFailure.neighbors(kernel: "avx2"))".contains("kernel.path"))
  }
}
