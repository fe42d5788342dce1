import AutodidactClient
import Messages
import Methods
import OODDetection
import Synchronization
import TTRPC
import TestSupport
import Testing

@testable import OODService

/// The service over a real socket, called by the published client.
@Suite(.timeLimit(.minutes(2))) struct OODDetectorServiceTests {
  static let methods: [OODMethod] = [
    OODMethod(parameters: .msp(MaximumSoftmaxProbabilityParameters())),
    OODMethod(parameters: .energy(EnergyParameters(temperature: 2))),
    OODMethod(parameters: .knn(NearestNeighborParameters(k: 3))),
    OODMethod(parameters: .mahalanobis(MahalanobisParameters(shrinkage: 0.25))),
    OODMethod(parameters: .relativeMahalanobis(RelativeMahalanobisParameters())),
    OODMethod(parameters: .fusion(FusionParameters(temperature: 1, k: 2, shrinkage: 0.5))),
  ]

  @Test(arguments: methods)
  func `each method is fitted, calibrated, described and scores`(method: OODMethod) async throws {
    let state = try TemporaryFolder()
    try await withClient(state: state) { client in
      let detector = try await client.fit("d", method: method, head: Sample().head)
      #expect(detector.method == method)
      #expect(detector.dimensions == 8 && detector.fittedRowCount == 120)
      #expect(detector.classCount == 2 && detector.encoderDigest == "feed")
      #expect(detector.threshold?.calibrated == true)
      #expect(detector.threshold?.falseAlarmRate == 0.05)
      #expect(detector.threshold?.calibrationRowCount == 200)
      #expect(detector.digest.count == 64 && detector.stateBytes > 0)
      var sample = Sample(seed: 9)
      let known = try await client.score(
        ScoreRequest(detector: "d", sequence: 5, features: sample.known(100).features))
      #expect(known.sequence == 5 && known.scores.count == 100)
      #expect(known.detectorDigest == detector.digest)
      #expect(known.outOfDistribution.count { $0 } < 20)
      #expect(known.pValues.allSatisfy { $0 > 0 && $0 <= 1 })
      let listed = try await client.listDetectors(ListDetectorsRequest())
      #expect(listed.detectors == [detector])
    }
  }

  @Test func `without a method the fusion is taken with a head, the neighbour without`()
    async throws
  {
    let state = try TemporaryFolder()
    try await withClient(state: state) { client in
      let fusion = try await client.fit("with", head: Sample().head)
      let neighbor = try await client.fit("without")
      #expect(
        fusion.method
          == OODMethod(
            parameters: .fusion(FusionParameters(temperature: 1, k: 1, shrinkage: 0))))
      #expect(neighbor.method == OODMethod(parameters: .knn(NearestNeighborParameters(k: 1))))
      var sample = Sample(seed: 4)
      let foreign = try await client.score(
        ScoreRequest(detector: "with", features: sample.foreign(50)))
      #expect(foreign.outOfDistribution.allSatisfy { $0 })
    }
  }

  @Test func `scored rows are counted, and those beyond the threshold`() async throws {
    let state = try TemporaryFolder()
    let counts = Mutex<[[Int]]>([])
    try await withClient(
      state: state, scored: { rows, foreign in counts.withLock { $0.append([rows, foreign]) } }
    ) { client in
      _ = try await client.fit("d", head: Sample().head)
      var sample = Sample(seed: 4)
      let foreign = try await client.score(
        ScoreRequest(detector: "d", features: sample.foreign(50)))
      let known = try await client.score(
        ScoreRequest(detector: "d", features: sample.known(30).features))
      #expect(
        counts.withLock { $0 }
          == [foreign, known].map { answer in
            [answer.scores.count, answer.outOfDistribution.count { $0 }]
          })
      #expect(counts.withLock { $0.first } == [50, 50])
    }
  }

  @Test func `a stream of batches gives the scores of single calls`() async throws {
    let state = try TemporaryFolder()
    try await withClient(state: state) { client in
      _ = try await client.fit("d")
      var sample = Sample(seed: 3)
      let batches = (1...5).map { sample.known($0 * 3).features }
      let call = try await client.scoreStream()
      for (index, features) in batches.enumerated() {
        try await call.send(
          ScoreRequest(detector: index == 0 ? "d" : "", sequence: UInt64(index), features: features)
        )
      }
      try await call.finish()
      var answers: [ScoreResponse] = []
      for try await response in call.responses { answers.append(response) }
      #expect(answers.map(\.sequence) == [0, 1, 2, 3, 4])
      for (features, answer) in zip(batches, answers) {
        let single = try await client.score(ScoreRequest(detector: "d", features: features))
        #expect(single.scores == answer.scores)
      }
    }
  }

  @Test func `evaluation tells known from foreign rows`() async throws {
    let state = try TemporaryFolder()
    try await withClient(state: state) { client in
      _ = try await client.fit("d", falseAlarmRate: 0.1)
      var sample = Sample(seed: 6)
      let call = try await client.evaluate()
      var first = EvaluateDetectorRequest(detector: "d")
      first.features = sample.known(60).features
      try await call.send(first)
      var second = EvaluateDetectorRequest()
      second.features = sample.foreign(40)
      second.outOfDistribution = true
      try await call.send(second)
      try await call.finish()
      let response = try await call.response()
      #expect(response.auroc > 0.99 && response.recall > 0.9)
      #expect(response.inDistributionCount == 60 && response.outOfDistributionCount == 40)
      #expect(response.falseAlarmRate < 0.25)
    }
  }

  @Test func `calibration changes the threshold and keeps the detector`() async throws {
    let state = try TemporaryFolder()
    try await withClient(state: state) { client in
      let before = try await client.fit("d")
      var sample = Sample(seed: 8)
      let call = try await client.calibrate()
      var request = CalibrateRequest(detector: "d", falseAlarmRate: 0.2, confidence: 0.9)
      request.features = sample.known(80).features
      try await call.send(request)
      try await call.send(CalibrateRequest(features: sample.known(70).features))
      try await call.finish()
      let after = try await call.response().detector ?? Detector()
      #expect(after.threshold?.calibrationRowCount == 150)
      #expect(after.threshold?.falseAlarmRate == 0.2 && after.threshold?.confidence == 0.9)
      #expect(after.digest != before.digest)
      #expect(after.createdUnixNanoseconds == before.createdUnixNanoseconds)
    }
  }

  @Test func `an exported detector comes back under another name, byte for byte`() async throws {
    let state = try TemporaryFolder()
    try await withClient(state: state) { client in
      // Over one chunk: 60,000 rows of 8 floats.
      let original = try await client.fit("d", rows: 60_000)
      let export = try await client.exportDetector(ExportDetectorRequest(name: "d"))
      var chunks: [DetectorChunk] = []
      for try await chunk in export.responses { chunks.append(chunk) }
      #expect(chunks.count > 1 && chunks[0].name == "d" && chunks[1].name.isEmpty)
      chunks[0].name = "copy"
      let call = try await client.importDetector()
      for chunk in chunks { try await call.send(chunk) }
      try await call.finish()
      let copy = try await call.response().detector ?? Detector()
      #expect(copy.digest == original.digest && copy.name == "copy")
      let first = try await client.removeDetector(RemoveDetectorRequest(name: "d"))
      let second = try await client.removeDetector(RemoveDetectorRequest(name: "d"))
      #expect(first.removed && !second.removed)
      var sample = Sample(seed: 2)
      let scores = try await client.score(
        ScoreRequest(detector: "copy", features: sample.known(3).features))
      #expect(scores.scores.count == 3)
    }
  }

  @Test func `every method of the engine is listed`() async throws {
    let state = try TemporaryFolder()
    try await withClient(state: state) { client in
      let methods = try await client.listMethods(ListOODMethodsRequest()).methods
      #expect(methods.map(\.id) == OODMethods.all.map { $0.card.id })
      #expect(methods.allSatisfy { $0.family == "ood" && $0.needs.contains("features") })
    }
  }
}
