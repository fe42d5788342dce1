import ModelFiles
import Tensors
import Testing
import Transformers

@Suite struct PoolerTests {
  private func pool(_ pooling: Pooling, dimensions: Int = 2, normalizes: Bool = false) -> [Float] {
    let states: [Float] = [1, -4, 9, 3, 2, 9, 2, -1, 9]
    var out = [Float](repeating: 0, count: dimensions)
    Pooler(pooling: pooling, dimensionCount: dimensions, normalizes: normalizes).pool(
      states: states, rowCount: 3, stride: 3, path: .best, into: &out)
    return out
  }

  @Test func `each kind of pooling is what its name says`() {
    #expect(pool(.mean) == [2, -1])
    #expect(pool(.cls) == [1, -4])
    #expect(pool(.max) == [3, 2])
    #expect(pool(.mean, dimensions: 3) == [2, -1, 9])
  }

  @Test func `normalised vectors have length one`() {
    let vector = pool(.cls, normalizes: true)
    #expect(abs(vector[0] * vector[0] + vector[1] * vector[1] - 1) < 1e-6)
  }

  @Test func `a zero vector stays zero`() {
    var out: [Float] = [1, 1]
    Pooler(pooling: .mean, dimensionCount: 2, normalizes: true).pool(
      states: [0, 0], rowCount: 1, stride: 2, path: .best, into: &out)
    #expect(out == [0, 0])
  }
}
