import AutodidactClient
import Daemon
import Files
import Messages
import Scheduling
import ServiceFixtures
import TestSupport
import Testing

@testable import OODService

/// Features around two centres, their classes, and others that are far from both.
struct Sample {
  let dimensions = 8
  var random: SplitMix64

  init(seed: UInt64 = 1) { random = SplitMix64(seed: seed) }

  mutating func known(_ rows: Int) -> (features: Tensor, labels: [Int64]) {
    var elements = random.normals(rows * dimensions).map { $0 * 0.2 }
    let labels = (0..<rows).map { Int64($0 % 2 == 0 ? 10 : -3) }
    for row in 0..<rows { elements[row * dimensions + row % 2] += 2 }
    return (Tensor(rowCount: rows, columnCount: dimensions, floats: elements), labels)
  }

  mutating func foreign(_ rows: Int) -> Tensor {
    var elements = random.normals(rows * dimensions).map { $0 * 0.2 }
    for row in 0..<rows { elements[row * dimensions + 5] += 2 }
    return Tensor(rowCount: rows, columnCount: dimensions, floats: elements)
  }

  var head: Head {
    var weights = [Float](repeating: 0, count: 2 * dimensions)
    weights[0] = 3
    weights[dimensions + 1] = 3
    var head = Head()
    head.classes = ["even", "odd"]
    head.weights = Tensor(rowCount: 2, columnCount: dimensions, floats: weights)
    head.bias = Tensor(shape: [2], floats: [1, 1])
    return head
  }
}

/// Makes a service over the store in `folder`.
func makeService(
  in folder: String, configuration: OODServiceConfiguration = OODServiceConfiguration(),
  calls: FileCalls = .system, scored: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
) throws -> OODDetectorService {
  let store = try DetectorStore(
    files: DetectorFiles(folder: folder, calls: calls),
    budget: MemoryBudget(bytesMax: configuration.memoryBytesMax))
  return OODDetectorService(
    store: store, configuration: configuration,
    fitting: ComputeExecutor(name: "fit", threadCount: 1),
    scoring: ComputeExecutor(name: "score", threadCount: 1), now: { 1_700_000_000_000_000_000 },
    scored: scored)
}

/// Runs `body` with a client of the service on a socket in a temporary folder.
func withClient(
  state: TemporaryFolder, configuration: OODServiceConfiguration = OODServiceConfiguration(),
  calls: FileCalls = .system, scored: @escaping @Sendable (Int, Int) -> Void = { _, _ in },
  _ body: @Sendable (OODDetectorClient) async throws -> Void
) async throws {
  let sockets = try TemporaryFolder()
  let service = try makeService(
    in: state.file("ood"), configuration: configuration, calls: calls, scored: scored)
  try await withServices([service.rpcService], on: [.ood], in: sockets) { try await body($0.ood) }
}

extension OODDetectorClient {
  /// Fits a detector on `rows` known rows in two chunks, with 200 held-out rows.
  func fit(
    _ name: String, method: OODMethod? = nil, head: Head? = nil, rows: Int = 120,
    falseAlarmRate: Double = 0, seed: UInt64 = 1
  ) async throws -> Detector {
    var sample = Sample(seed: seed)
    let call = try await fit()
    var header = FitDetectorHeader(name: name)
    header.method = method
    header.head = head
    header.falseAlarmRate = falseAlarmRate
    header.encoderDigest = "feed"
    do {
      try await call.send(FitDetectorRequest(part: .header(header)))
      for count in [rows / 3, rows - rows / 3] {
        let (features, labels) = sample.known(count)
        let chunk = FeatureChunk(role: .fit, features: features, labels: labels)
        try await call.send(FitDetectorRequest(part: .chunk(chunk)))
      }
      let heldOut = FeatureChunk(role: .heldOut, features: sample.known(200).features)
      try await call.send(FitDetectorRequest(part: .chunk(heldOut)))
      try await call.finish()
    } catch {
      // The service may have refused already; the response says why.
    }
    let response = try await call.response()
    return response.detector ?? Detector()
  }
}
