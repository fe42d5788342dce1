import AutodidactClient
import Files
import Messages
import TTRPC

/// Fits the detector that tells `classify` which texts belong to none of the classes.
///
/// With pseudo-labels, the detector is fitted on the pseudo-labelled texts and its threshold is set
/// on all truly labelled ones, which it was not fitted on. Without, one half of the labelled texts
/// of each class does the one and the other half the other.
struct DetectorFitting {
  let client: OODDetectorClient
  let corpus: Corpus
  let store: FeatureStore
  let selected: [(row: Int, label: UInt32)]
  let request: SelfTrainingRequest
  let head: Head
  let encoderDigest: String
  let runID: String
  let observer: PipelineObserver

  /// Rows of the store and their classes.
  private struct Rows {
    var numbers: [Int] = []
    var labels: [Int64] = []
  }

  /// The detector, fitted now or by an earlier run of the same inputs.
  func detector() async throws -> Detector {
    let name = try self.name
    let known = try await client.listDetectors(ListDetectorsRequest()).detectors
    if let detector = known.first(where: { $0.name == name }) { return detector }
    let (fitted, heldOut) = split
    var header = FitDetectorHeader()
    header.name = name
    header.method = request.detector
    if request.detector.usesHead { header.head = head }
    header.falseAlarmRate = request.falseAlarmRate
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

  private var name: String {
    get throws {
      var digest = ContentDigest()
      digest.add(runID)
      digest.add(head.digest)
      try request.detector.encoded().withUnsafeBytes { digest.add($0) }
      digest.add("\(request.falseAlarmRate)")
      return "selftrain-" + digest.hexadecimal.prefix(20)
    }
  }

  private var split: (fitted: Rows, heldOut: Rows) {
    let labelled = corpus.labelled
    var fitted = Rows()
    var heldOut = Rows()
    let isPoolUsed = selected.count >= labelled.count
    if isPoolUsed {
      for (row, label) in selected {
        fitted.numbers.append(corpus.unlabelled.textIndices[row])
        fitted.labels.append(Int64(label))
      }
    }
    var seen = [Int](repeating: 0, count: corpus.classes.count)
    for row in 0..<labelled.count {
      let label = Int(labelled.labels[row])
      seen[label] += 1
      if isPoolUsed || seen[label] % 2 == 0 {
        heldOut.numbers.append(labelled.textIndices[row])
        heldOut.labels.append(Int64(label))
      } else {
        fitted.numbers.append(labelled.textIndices[row])
        fitted.labels.append(Int64(label))
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
