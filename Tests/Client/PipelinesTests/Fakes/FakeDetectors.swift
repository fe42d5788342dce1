import Messages
import Synchronization
import TTRPC

/// An OOD service whose score is how much of a text is none of the known words.
final class FakeDetectors: Sendable {
  private struct State {
    var detectors: [Detector] = []
    var fitCount = 0
    var importCount = 0
    var fitRequests: [FitDetectorRequest] = []
  }

  private let state = Mutex(State())

  var fitCount: Int { state.withLock { $0.fitCount } }
  var importCount: Int { state.withLock { $0.importCount } }
  /// What the last fit was given.
  var fitRequests: [FitDetectorRequest] { state.withLock { $0.fitRequests } }

  /// Forgets all detectors.
  func clear() { state.withLock { $0.detectors = [] } }

  var service: RPCService {
    RPCService(
      name: "autodidact.v1.OODDetector",
      methods: [
        .clientStream("Fit") { (requests: [FitDetectorRequest]) -> FitDetectorResponse in
          guard case .header(let header) = requests.first?.part else {
            throw RPCError(code: .invalidArgument, message: "the header is missing")
          }
          let detector = Self.detector(named: header.name, rate: header.falseAlarmRate)
          self.state.withLock { state in
            state.fitCount += 1
            state.fitRequests = requests
            state.detectors.removeAll { $0.name == header.name }
            state.detectors.append(detector)
          }
          return FitDetectorResponse(detector: detector)
        },
        .unary("ListDetectors") { (_: ListDetectorsRequest) -> ListDetectorsResponse in
          ListDetectorsResponse(detectors: self.state.withLock { $0.detectors })
        },
        .serverStream("ExportDetector") {
          (request: ExportDetectorRequest, send: (DetectorChunk) async throws -> Void) in
          try await send(DetectorChunk(name: request.name, data: Bytes(Array("state of ".utf8))))
          try await send(DetectorChunk(data: Bytes(Array(request.name.utf8))))
        },
        .clientStream("ImportDetector") { (chunks: [DetectorChunk]) -> ImportDetectorResponse in
          let detector = Self.detector(named: chunks.first?.name ?? "", rate: 0.05)
          self.state.withLock { state in
            state.importCount += 1
            state.detectors.append(detector)
          }
          return ImportDetectorResponse(detector: detector)
        },
        .bidirectional("ScoreStream") { (request: ScoreRequest, _) -> ScoreResponse in
          try Self.scored(request)
        },
      ])
  }

  private static func detector(named name: String, rate: Double) -> Detector {
    var detector = Detector()
    detector.name = name
    detector.digest = "detector-digest"
    detector.method = OODMethod(parameters: .knn(NearestNeighborParameters()))
    detector.threshold = Threshold(
      calibrated: true, score: 0.5, falseAlarmRate: rate, calibrationRowCount: 6)
    return detector
  }

  private static func scored(_ request: ScoreRequest) throws -> ScoreResponse {
    let features = request.features ?? Tensor()
    let (rows, columns) = try features.checkedMatrixShape()
    let values = try features.floats()
    var response = ScoreResponse()
    response.sequence = request.sequence
    response.scores = (0..<rows).map { row in
      1 - (0..<columns).reduce(Float(0)) { max($0, values[row * columns + $1]) }
    }
    response.outOfDistribution = response.scores.map { $0 > 0.5 }
    response.pValues = response.scores.map { 1 - $0 }
    return response
  }
}
