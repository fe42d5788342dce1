import Tensors
import Testing

@testable import PseudoLabeling

@Suite struct BreakingTiesTests {
  private static let probabilities = Matrix<Float>(
    rowCount: 5, columnCount: 3,
    elements: [
      0.5, 0.45, 0.05,
      0.9, 0.05, 0.05,
      0.34, 0.33, 0.33,
      0.4, 0.2, 0.4,
      0.2, 0.2, 0.6,
    ])
  private static let graph = NeighborGraph(blobs(rows: 5, seed: 2).features, count: 2)

  @Test func `the smallest margins come first`() {
    let questions = BreakingTies(neighborCount: 0).questions(
      3, among: [0, 1, 2, 3, 4], probabilities: Self.probabilities, graph: Self.graph)
    #expect(questions.map(\.row) == [3, 2, 0])
    #expect(questions[0].margin == 0)
    #expect(questions.map(\.predictedClass) == [0, 0, 0])
    #expect(questions.map(\.rival) == [2, 1, 1])
  }

  @Test func `neighbours of a chosen row wait until the others are asked`() {
    let questions = BreakingTies(neighborCount: 2).questions(
      5, among: [0, 1, 2, 3, 4], probabilities: Self.probabilities, graph: Self.graph)
    #expect(questions.map(\.row).sorted() == [0, 1, 2, 3, 4])
    let near = Set(Self.graph.rows(near: 3, count: 2).map { Int($0) })
    #expect(questions[0].row == 3)
    #expect(!near.contains(questions[1].row))
  }

  @Test func `asking for more than there is gives all`() {
    let questions = BreakingTies().questions(
      10, among: [1, 4], probabilities: Self.probabilities, graph: Self.graph)
    #expect(questions.count == 2)
  }
}
