import Testing

@testable import Tensors

@Suite struct SymmetricEigenTests {
  @Test func `the decomposition puts the matrix together again`() throws {
    let elements: [Double] = [4, 1, -2, 1, 2, 0, -2, 0, 3]
    let eigen = try SymmetricEigen(Matrix(rowCount: 3, columnCount: 3, elements: elements))
    #expect(eigen.eigenvalues == eigen.eigenvalues.sorted())
    for row in 0..<3 {
      for column in 0..<3 {
        var sum = 0.0
        for index in 0..<3 {
          sum +=
            eigen.eigenvalues[index] * eigen.eigenvectors[index, row]
            * eigen.eigenvectors[index, column]
        }
        #expect(abs(sum - elements[row * 3 + column]) < 1e-12)
      }
    }
  }

  @Test func `a diagonal matrix has its diagonal as eigenvalues`() throws {
    let eigen = try SymmetricEigen(
      Matrix(rowCount: 2, columnCount: 2, elements: [5, 0, 0, -1]))
    #expect(eigen.eigenvalues == [-1, 5])
  }
}
