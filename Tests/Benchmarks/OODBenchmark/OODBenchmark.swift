private import Glibc
private import ModelFiles
private import OODDetection
private import Tensors

/// Times the detectors for `ops/bench-ood`, one run at a time, so that peers can run in between.
///
/// Reads commands from standard input, one a line, and answers each with one line:
/// `threads N`, `knn BANK.npy QUERIES.npy K`, `neighbours BANK.npy QUERIES.npy K`,
/// `mahalanobis FEATURES.npy LABELS.npy QUERIES.npy`, `run` (seconds of one run, single-precision
/// checksum) and `save FILE.npy` (the last result).
@main struct OODBenchmark {
  private var work: () -> [Float] = { [] }
  private var result: [Float] = []

  static func main() throws {
    var benchmark = OODBenchmark()
    while let line = readLine() {
      print(try benchmark.answer(line.split(separator: " ").map(String.init)))
      fflush(nil)
    }
  }

  private mutating func answer(_ words: [String]) throws -> String {
    switch (words.first, words.count) {
    case ("threads", 2):
      setBLASThreadCount(Int(words[1]) ?? 1)
      return "\(blasThreadCount())"
    case ("knn", 4):
      let queries = try NumpyFile(path: words[2]).matrix()
      var parameters = NearestNeighborDistance.Parameters()
      parameters.k = Int(words[3]) ?? 1
      let scorer = try NearestNeighborDistance.fitted(
        parameters, on: ReferenceSet(features: NumpyFile(path: words[1]).matrix()))
      work = { scorer.scores(queries) }
      return "ready"
    case ("neighbours", 4):
      let queries = try NumpyFile(path: words[2]).matrix()
      let bank = NeighborBank(try NumpyFile(path: words[1]).matrix())
      let count = Int(words[3]) ?? 1
      work = { bank.nearest(count, to: queries).similarities.map { Float($0) } }
      return "ready \(NeighborKernel.best)"
    case ("mahalanobis", 4):
      let queries = try NumpyFile(path: words[3]).matrix()
      let labels = try NumpyFile(path: words[2]).integers().map(Int64.init)
      let scorer = try Mahalanobis.fitted(
        .init(), on: ReferenceSet(features: NumpyFile(path: words[1]).matrix(), labels: labels))
      work = { scorer.scores(queries) }
      return "ready"
    case ("run", 1):
      let start = ContinuousClock.now
      result = work()
      let elapsed = ContinuousClock.now - start
      return "\(elapsed / .seconds(1)) \(result.reduce(0, +))"
    case ("save", 2):
      let matrix = Matrix(rowCount: result.count, columnCount: 1, elements: result)
      var writer = try NumpyWriter(path: words[1], columnCount: 1)
      try writer.append(matrix)
      try writer.commit()
      return "saved"
    default:
      return "unknown command"
    }
  }
}
