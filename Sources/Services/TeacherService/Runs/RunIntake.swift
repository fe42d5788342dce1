internal import Digests
internal import Messages
internal import PseudoLabeling
internal import Tensors

/// Checks the chunks of a run as they come and digests its rows.
///
/// The digest does not depend on how the rows are cut into chunks: each role has its own hash, over
/// the rows in order.
struct RunIntake {
  private let header: RunHeader
  private let limits: TeacherConfiguration
  private var roles: [RowRole: Rows] = [:]
  private(set) var dimensions = 0

  /// What is kept of the rows of one role while they come.
  private struct Rows {
    var ids = Set<String>()
    var labels: [Int] = []
    var count = 0
    var hash = SHA256()
  }

  init(_ header: RunHeader, limits: TeacherConfiguration) {
    self.header = header
    self.limits = limits
  }

  /// The number of rows of a role.
  func count(_ role: RowRole) -> Int { roles[role]?.count ?? 0 }

  /// Takes a chunk.
  mutating func append(_ chunk: RunChunk) throws(TeacherServiceError) {
    guard chunk.role != .unspecified else {
      throw .outOfRange(name: "role", value: "unspecified", range: "labelled, unlabelled, test")
    }
    var rows = roles[chunk.role] ?? Rows()
    let place = "the \(chunk.role.name) rows"
    let features = try (chunk.features ?? Tensor()).rows(firstRow: rows.count, place: place)
    if dimensions == 0 { dimensions = features.columnCount }
    guard features.columnCount == dimensions else {
      throw .dimensions(expected: dimensions, actual: features.columnCount)
    }
    try TeacherConfiguration.checkHead(
      classCount: header.classes.count, dimensions: dimensions)
    try checkCounts(of: chunk, rowCount: features.rowCount)
    for id in chunk.ids {
      guard id.utf8.count <= TeacherConfiguration.nameBytesMax else {
        throw .beyondLimit(
          what: "bytes of an id", value: id.utf8.count, limit: TeacherConfiguration.nameBytesMax)
      }
      guard rows.ids.insert(id).inserted else {
        throw .duplicateID(role: chunk.role.name, id: id)
      }
    }
    for (index, label) in chunk.labels.enumerated() where label >= header.classes.count {
      throw .data(
        .labelOutOfRange(
          label: Int(label), row: rows.count + index, classCount: header.classes.count))
    }
    digest(chunk, features, into: &rows.hash)
    rows.labels += chunk.labels.map { Int($0) }
    rows.count += features.rowCount
    roles[chunk.role] = rows
    try checkLimits()
  }

  /// The digest of header and rows, once every row was taken and the run can be learnt from.
  func finished() throws -> String {
    do throws(SelfTrainingData.Failure) {
      try SelfTrainingData.checkLabels(
        roles[.labelled]?.labels ?? [], classNames: header.classes)
      if count(.unlabelled) == 0 { throw .noUnlabelledRows }
    } catch {
      throw TeacherServiceError.data(error)
    }
    var hash = SHA256()
    hash.update(data: try header.encoded())
    for role in [RowRole.labelled, .unlabelled, .test] {
      hash.update(data: (roles[role]?.hash ?? SHA256()).finalize())
    }
    return hash.finalize().hexadecimal
  }

  private func checkCounts(
    of chunk: RunChunk, rowCount: Int
  ) throws(TeacherServiceError) {
    func check(_ what: String, _ count: Int, mayBeEmpty: Bool) throws(TeacherServiceError) {
      guard count == rowCount || (mayBeEmpty && count == 0) else {
        throw .countsDiffer(what: what, count: count, rowCount: rowCount)
      }
    }
    try check("ids", chunk.ids.count, mayBeEmpty: false)
    if chunk.role == .unlabelled {
      guard chunk.labels.isEmpty else {
        throw .countsDiffer(
          what: "labels of unlabelled rows", count: chunk.labels.count, rowCount: 0)
      }
    } else {
      try check("labels", chunk.labels.count, mayBeEmpty: false)
    }
    try check("OOD scores", chunk.oodScores.count, mayBeEmpty: true)
    try check("verdicts", chunk.outOfDistribution.count, mayBeEmpty: true)
  }

  private func checkLimits() throws(TeacherServiceError) {
    let total = roles.values.reduce(0) { $0 + $1.count }
    guard total <= limits.rowCountMax else {
      throw .beyondLimit(what: "rows", value: total, limit: limits.rowCountMax)
    }
    let bytes = total * dimensions * 4
    guard bytes <= limits.memoryBytesMax else {
      throw .beyondLimit(
        what: "bytes of features (memory.bytes)", value: bytes, limit: limits.memoryBytesMax)
    }
  }

  /// Hashes each row: its id, label, verdict, score and features.
  private func digest(_ chunk: RunChunk, _ features: Matrix<Float>, into hash: inout SHA256) {
    let width = features.columnCount
    features.withUnsafeBufferPointer { elements in
      for row in 0..<features.rowCount {
        let id = Array(chunk.ids[row].utf8)
        let numbers: [UInt64] = [
          UInt64(id.count), chunk.labels.isEmpty ? .max : UInt64(chunk.labels[row]),
          chunk.oodScores.isEmpty ? .max : UInt64(chunk.oodScores[row].bitPattern),
          chunk.outOfDistribution.isEmpty ? 2 : (chunk.outOfDistribution[row] ? 1 : 0),
        ]
        numbers.withUnsafeBytes { hash.update(bufferPointer: $0) }
        hash.update(data: id)
        hash.update(
          bufferPointer: UnsafeRawBufferPointer(
            UnsafeBufferPointer(rebasing: elements[row * width..<(row + 1) * width])))
      }
    }
  }
}

extension RowRole {
  /// The role in words.
  var name: String {
    switch self {
    case .unspecified: "unspecified"
    case .labelled: "labelled"
    case .unlabelled: "unlabelled"
    case .test: "test"
    }
  }
}
