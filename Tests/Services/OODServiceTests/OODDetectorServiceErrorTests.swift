import AutodidactClient
import Messages
import TTRPC
import TestSupport
import Tensors
import Testing

@testable import OODService

/// What callers are told when a request is wrong.
@Suite(.timeLimit(.minutes(2))) struct OODDetectorServiceErrorTests {
  /// Expects `call` to fail with `code` and all of `parts` in its message.
  static func expect(
    _ code: RPCCode, _ parts: [String], _ location: SourceLocation = #_sourceLocation,
    _ call: () async throws -> Void
  ) async {
    let error = await #expect(throws: CallError.self, sourceLocation: location) {
      try await call()
    }
    #expect(error?.code == code, "\(error.map { "\($0)" } ?? "no error")", sourceLocation: location)
    for part in parts {
      #expect(
        error?.message.contains(part) == true, "\(error?.message ?? "") has no `\(part)`",
        sourceLocation: location)
    }
  }

  @Test func `an unknown detector names those that exist`() async throws {
    let state = try TemporaryFolder()
    try await withClient(state: state) { client in
      await Self.expect(.notFound, ["no detector `x`", "fit one first"]) {
        _ = try await client.score(ScoreRequest(detector: "x", features: Sample().head.weights))
      }
      _ = try await client.fit("alpha")
      _ = try await client.fit("beta")
      await Self.expect(.notFound, ["no detector `x`", "alpha, beta"]) {
        let call = try await client.exportDetector(ExportDetectorRequest(name: "x"))
        for try await _ in call.responses {}
      }
    }
  }

  @Test func `NaN and wrong shapes name row and column`() async throws {
    let state = try TemporaryFolder()
    try await withClient(state: state) { client in
      _ = try await client.fit("d")
      var bad = [Float](repeating: 1, count: 24)
      bad[13] = .nan
      await Self.expect(.invalidArgument, ["row 1, column 5", "NaN"]) {
        let tensor = Tensor(rowCount: 3, columnCount: 8, floats: bad)
        _ = try await client.score(ScoreRequest(detector: "d", features: tensor))
      }
      await Self.expect(.invalidArgument, ["3 dimensions, not 8"]) {
        let tensor = Tensor(rowCount: 8, columnCount: 3) { _ in }
        _ = try await client.score(ScoreRequest(detector: "d", features: tensor))
      }
      await Self.expect(.invalidArgument, ["features"]) {
        _ = try await client.score(ScoreRequest(detector: "d"))
      }
      // In the second chunk, rows are counted over the whole stream.
      await Self.expect(.invalidArgument, ["fit features", "row 11, column 5"]) {
        let call = try await client.fit()
        try await call.send(FitDetectorRequest(part: .header(FitDetectorHeader(name: "e"))))
        var sample = Sample()
        let good = FeatureChunk(features: sample.known(10).features)
        try await call.send(FitDetectorRequest(part: .chunk(good)))
        let wrong = FeatureChunk(features: Tensor(rowCount: 3, columnCount: 8, floats: bad))
        try await call.send(FitDetectorRequest(part: .chunk(wrong)))
        try await call.finish()
        _ = try await call.response()
      }
    }
  }

  @Test func `a stream in the wrong order says what must come first`() async throws {
    let state = try TemporaryFolder()
    try await withClient(state: state) { client in
      await Self.expect(.invalidArgument, ["first request", "header"]) {
        let call = try await client.fit()
        try await call.send(FitDetectorRequest(part: .chunk(FeatureChunk())))
        try await call.finish()
        _ = try await call.response()
      }
      await Self.expect(.invalidArgument, ["no fit row"]) {
        let call = try await client.fit()
        try await call.send(FitDetectorRequest(part: .header(FitDetectorHeader(name: "e"))))
        try await call.finish()
        _ = try await call.response()
      }
    }
  }

  @Test(arguments: ["", "a/b", "..", "é", String(repeating: "n", count: 129)])
  func `a name that could not be a file is refused`(name: String) async throws {
    let state = try TemporaryFolder()
    try await withClient(state: state) { client in
      await Self.expect(.invalidArgument, ["1 to 128 letters"]) {
        _ = try await client.fit(name)
      }
    }
  }

  @Test func `methods say what is missing and which value is wrong`() async throws {
    let state = try TemporaryFolder()
    try await withClient(state: state) { client in
      await Self.expect(.invalidArgument, ["`energy` needs a head"]) {
        let method = OODMethod(parameters: .energy(EnergyParameters()))
        _ = try await client.fit("d", method: method)
      }
      await Self.expect(.invalidArgument, ["shrinkage is 2.0, not in 0 to 1"]) {
        let method = OODMethod(parameters: .mahalanobis(MahalanobisParameters(shrinkage: 2)))
        _ = try await client.fit("d", method: method)
      }
      await Self.expect(.invalidArgument, ["120 rows", "k asks for 500"]) {
        let method = OODMethod(parameters: .knn(NearestNeighborParameters(k: 500)))
        _ = try await client.fit("d", method: method)
      }
      await Self.expect(.invalidArgument, ["false_alarm_rate is 1.5"]) {
        _ = try await client.fit("d", falseAlarmRate: 1.5)
      }
      await Self.expect(.invalidArgument, ["200 held-out rows", "it takes 999"]) {
        _ = try await client.fit("d", falseAlarmRate: 0.001)
      }
      let listed = try await client.listDetectors(ListDetectorsRequest())
      #expect(listed.detectors.isEmpty)
    }
  }

  @Test func `a head that is not what it says is refused`() async throws {
    let state = try TemporaryFolder()
    try await withClient(state: state) { client in
      var head = Sample().head
      head.digest = "abc"
      await Self.expect(.invalidArgument, ["the head's digest is", "not abc"]) { [head] in
        _ = try await client.fit("d", head: head)
      }
      head.digest = ""
      head.classes = ["one"]
      await Self.expect(.invalidArgument, ["1 class names for 2 rows"]) { [head] in
        _ = try await client.fit("d", head: head)
      }
    }
  }

  @Test func `the digest of a head is the one that is written down`() throws {
    let weights = Matrix<Float>(rowCount: 1, columnCount: 2, elements: [1, -2])
    // hashlib.sha256(struct.pack('<QQ1sQ2f1fd', 1, 1, b'a', 2, 1, -2, 0.5, 1.5)).hexdigest()
    #expect(
      headDigest(classes: ["a"], weights: weights, biases: [0.5], temperature: 1.5)
        == "8b20e37b49ef3d6e2e2b3a2cb8792ee579064c382a1a09233c44b0ffd673ab68")
  }

  @Test func `beyond the memory budget the limit is named, and all is given back`() async throws {
    let state = try TemporaryFolder()
    var configuration = OODServiceConfiguration()
    configuration.memoryBytesMax = 100_000
    try await withClient(state: state, configuration: configuration) { client in
      for _ in 0..<3 {
        await Self.expect(.resourceExhausted, ["features to fit", "memory.bytes is 100000"]) {
          _ = try await client.fit("d", rows: 2000)
        }
        let small = try await client.fit("small", rows: 60)
        #expect(small.fittedRowCount == 60)
      }
    }
  }

  @Test func `bytes that are no state are refused, and nothing is stored`() async throws {
    let state = try TemporaryFolder()
    try await withClient(state: state) { client in
      await Self.expect(.invalidArgument, ["not the state of a detector"]) {
        let call = try await client.importDetector()
        try await call.send(DetectorChunk(name: "d", data: Bytes(Array("hello".utf8))))
        try await call.finish()
        _ = try await call.response()
      }
      let listed = try await client.listDetectors(ListDetectorsRequest())
      #expect(listed.detectors.isEmpty)
    }
  }
}
