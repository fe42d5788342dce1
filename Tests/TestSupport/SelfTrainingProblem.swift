package import Tensors

private import Foundation
private import ModelFiles

/// A reference problem of `reference/selftraining`: features, labels, draws and reference runs.
package struct SelfTrainingProblem: Sendable {
  /// A run of a reference method.
  package struct Run: Sendable, Decodable {
    /// The number of labels a class.
    package let k: Int
    /// The number of the draw.
    package let seed: Int
    /// The method's name in the reference.
    package let m: String
    /// The share of the test rows that the run classified correctly.
    package let acc: Double
    /// The CPU seconds of the run.
    package let cpu: Double
  }

  /// The features of the pool `[n, 384]`.
  package let pool: Matrix<Float>
  /// The classes of the pool; all but the drawn ones are for evaluation only.
  package let poolClasses: [Int]
  /// The features of the test rows.
  package let test: Matrix<Float>
  /// The classes of the test rows.
  package let testClasses: [Int]
  /// The names of the classes.
  package let classNames: [String]
  /// The reference runs.
  package let runs: [Run]
  private let draws: [String: [[Int]]]

  /// The number of classes.
  package var classCount: Int { classNames.count }

  /// Reads the problem `name`, for example `trec6`.
  package init(_ name: String) throws {
    let folder = "reference/selftraining/\(name)"
    pool = try SharedData.numpy("\(folder)/pool_x.npy").matrix()
    poolClasses = try SharedData.numpy("\(folder)/pool_y.npy").integers()
    test = try SharedData.numpy("\(folder)/test_x.npy").matrix()
    testClasses = try SharedData.numpy("\(folder)/test_y.npy").integers()
    let file = try JSONDecoder().decode(
      DrawFile.self, from: try Self.bytes("\(folder)/draws.json"))
    classNames = file.classes
    draws = file.draws
    runs = try Self.bytes("\(folder)/runs.jsonl").split(separator: UInt8(ascii: "\n")).map {
      try JSONDecoder().decode(Run.self, from: Data($0))
    }
  }

  /// The pool rows whose labels a run is given: one list a seed.
  package func draws(labelsPerClass: Int) -> [[Int]] { draws["\(labelsPerClass)"] ?? [] }

  /// The reference runs of a method, in the order of the seeds; one run a seed.
  package func runs(_ method: String, labelsPerClass: Int) -> [Run] {
    var seeds = Set<Int>()
    return runs.filter { $0.m == method && $0.k == labelsPerClass }
      .filter { seeds.insert($0.seed).inserted }.sorted { $0.seed < $1.seed }
  }

  private struct DrawFile: Decodable {
    let classes: [String]
    let draws: [String: [[Int]]]
  }

  private static func bytes(_ relative: String) throws -> Data {
    try Data(contentsOf: URL(filePath: SharedData.path(relative)))
  }
}
