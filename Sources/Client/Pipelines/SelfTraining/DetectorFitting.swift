import AutodidactClient
import Files
import Messages
import TTRPC

/// Fits the detector that tells `classify` which texts belong to none of the classes.
///
/// With pseudo-labels, the detector is fitted on the pseudo-labelled texts and its threshold is set
/// on all truly labelled ones, which it was not fitted on. Without, one half of the labelled texts
/// of each class does the one and the other half the other. Where these are too few for the rate of
/// false alarms, every fifth text of the pool that was not quarantined sets the threshold instead.
struct DetectorFitting {
  let client: OODDetectorClient
  let corpus: Corpus
  let store: FeatureStore
  let survey: PseudoLabelSurvey
  let request: SelfTrainingRequest
  let head: Head
  let encoderDigest: String
  let runID: String
  let observer: PipelineObserver

  /// Rows of the store and their classes.
  private struct Rows {
    var numbers: [Int] = []
    var labels: [Int64] = []

    mutating func add(_ number: Int, _ label: UInt32) {
      numbers.append(number)
      labels.append(Int64(label))
    }
  }

  /// The detector, fitted now or by an earlier run of the same inputs.
  func detector() async throws -> Detector {
    let name = try self.name
    let known = try await client.listDetectors(ListDetectorsRequest()).detectors
    if let detector = known.first(where: { $0.name == name }) { return detector }
    let (fitted, heldOut) = split
    var header = FitDetectorHeader()
    header.name = name
    header.method = method
    if method.usesHead { header.head = head }
    // Without a rate the service stores a detector that is not calibrated, and says so.
    if heldOut.numbers.count >= calibrationCountMin {
      header.falseAlarmRate = request.falseAlarmRate
    }
    header.encoderDigest = encoderDigest
    let total = fitted.numbers.count + heldOut.numbers.count
    var sent = 0
    let call = try await client.fit()
    let response = try await call.response { send in
      try await send(FitDetectorRequest(part: .header(header)))
      for (rows, role) in [(fitted, FeatureRole.fit), (heldOut, .heldOut)] {
        let ranges = FeatureChunks.ranges(
          rowCount: rows.numbers.count, dimensions: store.dimensions)
        for range in ranges {
          try await send(FitDetectorRequest(part: .chunk(chunk(of: rows, role, range))))
          sent += range.count
          observer(.progress(stage: "fitting the detector", done: sent, total: total))
        }
      }
    }
    guard let detector = response.detector else {
      throw SelfTrainingError.badAnswer("the OOD service gave no detector")
    }
    return detector
  }

  private func chunk(
    of rows: Rows, _ role: FeatureRole, _ range: Range<Int>
  ) throws(FileError) -> FeatureChunk {
    FeatureChunk(
      role: role, features: try store.tensor(ofRows: rows.numbers[range]),
      labels: Array(rows.labels[range]))
  }

  /// The stored state of the detector called `name`.
  func exported(_ name: String) async throws -> [UInt8] {
    var state: [UInt8] = []
    let call = try await client.exportDetector(ExportDetectorRequest(name: name))
    for try await chunk in call.responses {
      chunk.data.withUnsafeBytes { state.append(contentsOf: $0) }
    }
    return state
  }

  /// The method that was asked for, else the one that does best on what there is.
  ///
  /// Foreign texts that slipped into the pseudo-labels are near neighbours of their like, but
  /// hardly move a covariance; a handful of labels alone does not give one.
  private var method: OODMethod {
    guard request.detector.parameters == nil else { return request.detector }
    return isPoolUsed
      ? OODMethod(parameters: .mahalanobis(.init(shrinkage: 0.1)))
      : OODMethod(parameters: .knn(.init(k: 1)))
  }

  /// There are so many pseudo-labels that the detector is fitted on them.
  private var isPoolUsed: Bool { survey.selected.count >= corpus.labelled.count }

  private var name: String {
    get throws {
      var digest = ContentDigest()
      digest.add(runID)
      digest.add(head.digest)
      try method.encoded().withUnsafeBytes { digest.add($0) }
      digest.add("\(request.falseAlarmRate)")
      return "selftrain-" + digest.hexadecimal.prefix(20)
    }
  }

  /// The fewest rows on which a conformal threshold of the wanted rate can stand.
  private var calibrationCountMin: Int {
    Int((1 / request.falseAlarmRate - 1e-9).rounded(.up)) - 1
  }

  private var split: (fitted: Rows, heldOut: Rows) {
    let labelled = corpus.labelled
    var fitted = Rows()
    var heldOut = Rows()
    var seen = [Int](repeating: 0, count: corpus.classes.count)
    for row in 0..<labelled.count {
      let label = labelled.labels[row]
      seen[Int(label)] += 1
      if isPoolUsed || seen[Int(label)] % 2 == 0 {
        heldOut.add(labelled.textIndices[row], label)
      } else {
        fitted.add(labelled.textIndices[row], label)
      }
    }
    var reserved: Set<Int> = []
    if heldOut.numbers.count < calibrationCountMin {
      let rows = survey.familiarRows.enumerated().filter { $0.offset % 5 == 0 }.map(\.element)
      if rows.count >= calibrationCountMin {
        heldOut = Rows()
        for row in rows { heldOut.add(corpus.unlabelled.textIndices[row], 0) }
        reserved = Set(rows)
      }
    }
    if isPoolUsed {
      for (row, label) in survey.selected where !reserved.contains(row) {
        fitted.add(corpus.unlabelled.textIndices[row], label)
      }
    }
    return (fitted, heldOut)
  }
}

extension OODMethod {
  /// Whether the method looks at a head; the default is one that does not.
  var usesHead: Bool {
    switch parameters {
    case .msp, .energy, .fusion: true
    case .knn, .mahalanobis, .relativeMahalanobis, nil: false
    }
  }

  /// The method's wire id.
  package var wireID: String {
    switch parameters {
    case .msp: "msp"
    case .energy: "energy"
    case .knn: "knn"
    case .mahalanobis: "mahalanobis"
    case .relativeMahalanobis: "relative-mahalanobis"
    case .fusion: "fusion"
    case nil: "default"
    }
  }

  /// The method with the wire id `id` and default parameters.
  package init?(wireID id: String) {
    switch id {
    case "msp": self.init(parameters: .msp(.init()))
    case "energy": self.init(parameters: .energy(.init()))
    case "knn": self.init(parameters: .knn(.init()))
    case "mahalanobis": self.init(parameters: .mahalanobis(.init()))
    case "relative-mahalanobis": self.init(parameters: .relativeMahalanobis(.init()))
    case "fusion": self.init(parameters: .fusion(.init()))
    default: return nil
    }
  }

  /// The ids that `init(wireID:)` knows.
  package static let wireIDs = [
    "msp", "energy", "knn", "mahalanobis", "relative-mahalanobis", "fusion",
  ]
}
