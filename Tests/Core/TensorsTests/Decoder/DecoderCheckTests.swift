import Tensors
import Testing

@Suite struct DecoderCheckTests {
  @Test(arguments: KernelPath.supported)
  func `the products of every format are exact on small integers`(path: KernelPath) {
    #expect(throws: Never.self) { try checkDecoderProducts(path: path) }
  }
}
