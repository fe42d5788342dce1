package import Daemon
internal import Files
package import Messages
internal import OODDetection
internal import Scheduling
package import TTRPC

extension OODDetectorService {
  /// The bytes of one chunk of an export.
  static let chunkBytes = 1 << 20

  /// The stored detectors in the order of their names.
  package func listDetectors(
    _ request: ListDetectorsRequest, context: ServerContext
  ) async throws -> ListDetectorsResponse {
    ListDetectorsResponse(detectors: store.records)
  }

  /// Removes a detector for good.
  package func removeDetector(
    _ request: RemoveDetectorRequest, context: ServerContext
  ) async throws -> RemoveDetectorResponse {
    RemoveDetectorResponse(removed: try await fitting.run { try store.remove(request.name) })
  }

  /// Sends the stored state of a detector in chunks, as it is at the beginning.
  package func exportDetector(
    _ request: ExportDetectorRequest, context: ServerContext,
    responses: MessageSink<DetectorChunk>
  ) async throws {
    let file = try await scoring.run { try store.stateFile(request.name) }
    for start in stride(from: 0, to: file.count, by: Self.chunkBytes) {
      let range = start..<min(start + Self.chunkBytes, file.count)
      let data = try await scoring.run {
        file.withUnsafeBytes { Bytes(copying: UnsafeRawBufferPointer(rebasing: $0[range])) }
      }
      try await responses.send(
        DetectorChunk(name: start == 0 ? request.name : "", data: data))
    }
  }

  /// Stores a detector from the chunks of an export, once all of it was read and checked.
  package func importDetector(
    _ requests: MessageSource<DetectorChunk>, context: ServerContext
  ) async throws -> ImportDetectorResponse {
    var iterator = requests.makeAsyncIterator()
    guard let first = try await iterator.next() else {
      throw OODServiceError.missingFirst(expected: "the detector's name")
    }
    try DetectorStore.check(first.name)
    let reservation = try store.reserve(0, for: "the state to import")
    var bytes: [UInt8] = []
    var chunk: DetectorChunk? = first
    while let current = chunk {
      // The bytes, the detector read from them and its bytes to be stored.
      try reservation.grow(by: current.data.count * 4, for: "the state to import")
      current.data.withUnsafeBytes { bytes.append(contentsOf: $0) }
      chunk = try await iterator.next()
    }
    let state = bytes
    return try await fitting.run {
      defer { withExtendedLifetime(reservation) {} }
      let detector = try state.withUnsafeBytes { try OODDetector(decoding: $0) }
      return ImportDetectorResponse(
        detector: try store.save(detector, as: first.name, createdUnixNanoseconds: now()))
    }
  }

  /// The methods of the suite, with what each needs.
  package func listMethods(
    _ request: ListOODMethodsRequest, context: ServerContext
  ) async throws -> ListOODMethodsResponse {
    ListOODMethodsResponse(methods: OODMethods.all.map { Method($0.card) })
  }
}
