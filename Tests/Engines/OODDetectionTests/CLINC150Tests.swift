import ModelFiles
import Statistics
import TestSupport
import Tensors
import Testing

@testable import OODDetection

/// The table of `reference/clinc150/README.md`, from the features stored there.
@Suite(.enabled(if: SharedData.isAvailable, "\(SharedData.reason)"))
struct CLINC150Tests {
  struct Data: Sendable {
    let train: Matrix<Float>
    let labels: [Int64]
    let heldOut: Matrix<Float>
    let inside: Matrix<Float>
    let outside: Matrix<Float>

    init() throws {
      func features(_ split: String) throws -> Matrix<Float> {
        try SharedData.numpy("reference/clinc150/clinc150_\(split)_x.npy").matrix()
      }
      train = try features("train")
      labels = try SharedData.numpy("reference/clinc150/clinc150_train_y.npy").integers()
        .map(Int64.init)
      heldOut = try features("val")
      inside = try features("test")
      outside = try features("oos_test")
    }

    func reference(head name: String?) throws -> ReferenceSet {
      var head: LinearHead?
      if let name {
        let file = "reference/clinc150/clinc150_lr_head_\(name).npz"
        head = try LinearHead(
          weights: SharedData.numpy(file, member: "W").matrix(),
          biases: SharedData.numpy(file, member: "b").matrix().elements)
      }
      return try ReferenceSet(features: train, labels: labels, head: head, heldOut: heldOut)
    }
  }

  static func expectRow(
    _ scorer: some OODScorer, _ data: Data, _ expected: [Double],
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    let metrics = try DetectionMetrics(
      inDistribution: scorer.scores(data.inside), outOfDistribution: scorer.scores(data.outside))
    let found = [
      metrics.auroc, metrics.fpr95OODPositive, metrics.fpr95IDPositive, metrics.auprIn,
      metrics.auprOut,
    ]
    let names = ["AUROC", "FPR95 (OOD)", "FPR95 (ID)", "AUPR-in", "AUPR-out"]
    for (name, (found, expected)) in zip(names, zip(found, expected)) {
      #expect(
        abs(found - expected) < 0.0005, "\(name): \(found), not \(expected)",
        sourceLocation: location)
    }
  }

  @Test func `the logit methods give their rows`() throws {
    let data = try Data()
    let one = try data.reference(head: "C1")
    let ten = try data.reference(head: "C10")
    try Self.expectRow(
      MaximumSoftmaxProbability.fitted(.init(), on: one), data,
      [0.9663, 0.1378, 0.1590, 0.9918, 0.8707])
    try Self.expectRow(
      EnergyScore.fitted(.init(), on: one), data, [0.9711, 0.1138, 0.1520, 0.9932, 0.8885])
    try Self.expectRow(
      MaximumSoftmaxProbability.fitted(.init(), on: ten), data,
      [0.9625, 0.1604, 0.1880, 0.9906, 0.8595])
    try Self.expectRow(
      EnergyScore.fitted(.init(), on: ten), data, [0.9729, 0.1084, 0.1250, 0.9935, 0.8942])
  }

  @Test func `the nearest-neighbour distances give their rows`() throws {
    let data = try Data()
    let reference = try data.reference(head: nil)
    for (k, row) in [
      (1, [0.9625, 0.1560, 0.2050, 0.9911, 0.8458]),
      (10, [0.9564, 0.2124, 0.2000, 0.9896, 0.8251]),
      (50, [0.9350, 0.3087, 0.3120, 0.9840, 0.7678]),
    ] {
      var parameters = NearestNeighborDistance.Parameters()
      parameters.k = k
      try Self.expectRow(
        NearestNeighborDistance.fitted(parameters, on: reference), data, row)
    }
  }

  @Test func `the Mahalanobis distances give their rows, and the rank is 381`() throws {
    let data = try Data()
    let reference = try data.reference(head: nil)
    for (shrinkage, row) in [
      (0.0, [0.9439, 0.1913, 0.3020, 0.9871, 0.7351]),
      (0.1, [0.9506, 0.1916, 0.2660, 0.9884, 0.7976]),
      (0.5, [0.9620, 0.1824, 0.1970, 0.9908, 0.8710]),
    ] {
      let scorer = try MahalanobisTests.fitted(shrinkage, on: reference)
      try Self.expectRow(scorer, data, row)
      if shrinkage == 0 { #expect(scorer.covarianceRank == 381) }
    }
  }

  @Test func `the relative Mahalanobis distances give their rows`() throws {
    let data = try Data()
    let reference = try data.reference(head: nil)
    for (shrinkage, row) in [
      (0.0, [0.9723, 0.1264, 0.1170, 0.9935, 0.8876]),
      (0.5, [0.9736, 0.1220, 0.1260, 0.9936, 0.9029]),
    ] {
      var parameters = RelativeMahalanobis.Parameters()
      parameters.shrinkage = shrinkage
      try Self.expectRow(RelativeMahalanobis.fitted(parameters, on: reference), data, row)
    }
  }

  @Test func `the fusion gives its row, and its thresholds keep their promise`() throws {
    let data = try Data()
    let detector = try OODDetector(
      fitting: ScoreFusion.self, .init(), on: data.reference(head: "C10"))
    let scorer = try #require(detector.scorer as? ScoreFusion)
    try Self.expectRow(scorer, data, [0.9810, 0.0820, 0.0880, 0.9955, 0.9264])
    let held = scorer.scores(data.heldOut)
    // Threshold, false alarms on the test split and recall of the reference's conformal table.
    for (rate, guarantee, share, recall) in [
      (0.05, ConformalThreshold.Guarantee.marginal, 0.0460, 0.903),
      (0.01, .marginal, 0.0067, 0.597),
      (0.05, .conditional(confidence: 0.95), 0.0424, 0.895),
      (0.01, .conditional(confidence: 0.95), 0.0053, 0.536),
    ] {
      let calibrated = try detector.calibrated(
        onScores: held, falseAlarmRate: rate, guarantee: guarantee)
      let threshold = try #require(calibrated.calibration).threshold.value
      func flagged(_ features: Matrix<Float>) -> Double {
        Double(scorer.scores(features).count { Double($0) > threshold })
          / Double(features.rowCount)
      }
      #expect(abs(flagged(data.inside) - share) < 0.0006)
      #expect(abs(flagged(data.outside) - recall) < 0.0011)
    }
  }
}
