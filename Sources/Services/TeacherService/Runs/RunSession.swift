internal import Messages
internal import PseudoLabeling
internal import Tensors

/// A run in memory: its rows, their ids, and the engine's state.
struct RunSession: Sendable {
  let id: String
  let strategyID: String
  /// The ids of the labelled, then of the unlabelled rows.
  let poolIDs: [String]
  /// The score of a detector outside, for each unlabelled row; empty where none was asked.
  let detectorScores: [Float]
  let test: Matrix<Float>?
  let testLabels: [Int]
  var run: SelfTrainingRun

  /// Builds the session from what is stored; the neighbours are found here.
  init(_ stored: StoredRun, chunks: [RunChunk]) throws {
    id = stored.header.runID
    var parts: [RowRole: RunPart] = [:]
    for chunk in chunks {
      try parts[chunk.role, default: RunPart()].append(chunk)
    }
    let labelled = parts[.labelled] ?? RunPart()
    let unlabelled = parts[.unlabelled] ?? RunPart()
    poolIDs = labelled.ids + unlabelled.ids
    detectorScores = unlabelled.oodScores
    test = parts[.test].map { $0.joined() }
    testLabels = parts[.test]?.labels ?? []
    let options = stored.header.options ?? RunOptions()
    let data: SelfTrainingData
    do throws(SelfTrainingData.Failure) {
      data = try SelfTrainingData(
        labelled: labelled.joined(), labels: labelled.labels, unlabelled: unlabelled.joined(),
        classNames: stored.header.classes,
        isForeign: unlabelled.verdicts.isEmpty ? nil : unlabelled.verdicts)
    } catch {
      throw TeacherServiceError.data(error)
    }
    let (strategyID, strategy) = try options.engineStrategy()
    self.strategyID = strategyID
    run = SelfTrainingRun(
      data: data, strategy: strategy,
      options: try options.engineOptions(classCount: data.classCount),
      resuming: try Self.state(stored))
  }

  private static func state(_ stored: StoredRun) throws -> SelfTrainingRun.State {
    guard let bytes = stored.checkpoint else { return SelfTrainingRun.State() }
    do {
      return try SelfTrainingRun.State(decoding: bytes)
    } catch {
      throw TeacherServiceError.damaged(runID: stored.header.runID, reason: "\(error)")
    }
  }

  /// The position of a sample among the unlabelled rows.
  func unlabelledIndex(of sampleID: String) throws -> Int {
    let ids = poolIDs[run.data.labelledCount...]
    guard let position = ids.firstIndex(of: sampleID) else {
      throw TeacherServiceError.unknownSample(runID: id, sampleID: sampleID)
    }
    return position - run.data.labelledCount
  }

  /// The message of one row's decisions in a round.
  func pseudoLabel(
    _ index: Int, in record: RoundRecord, omitsNeighbors: Bool
  ) -> Messages.PseudoLabel {
    Messages.PseudoLabel(
      run.pseudoLabel(index, in: record), poolIDs: poolIDs,
      sampleID: poolIDs[run.data.labelledCount + index], classNames: run.data.classNames,
      omitsNeighbors: omitsNeighbors)
  }
}

/// The rows of one role, gathered from chunks.
private struct RunPart {
  private var chunks: [Matrix<Float>] = []
  private(set) var ids: [String] = []
  private(set) var labels: [Int] = []
  private(set) var oodScores: [Float] = []
  private(set) var verdicts: [Bool] = []

  mutating func append(_ chunk: RunChunk) throws {
    let rows = try (chunk.features ?? Tensor()).rows(place: "the \(chunk.role.name) rows")
    let count = ids.count
    chunks.append(rows)
    ids += chunk.ids
    labels += chunk.labels.map { Int($0) }
    // A part with verdicts for some chunks only: the others are known.
    if !chunk.outOfDistribution.isEmpty {
      verdicts += [Bool](repeating: false, count: count - verdicts.count)
      verdicts += chunk.outOfDistribution
    } else if !verdicts.isEmpty {
      verdicts += [Bool](repeating: false, count: rows.rowCount)
    }
    if !chunk.oodScores.isEmpty {
      oodScores += [Float](repeating: .nan, count: count - oodScores.count)
      oodScores += chunk.oodScores
    } else if !oodScores.isEmpty {
      oodScores += [Float](repeating: .nan, count: rows.rowCount)
    }
  }

  func joined() -> Matrix<Float> {
    let width = chunks.first?.columnCount ?? 0
    return Matrix(rowCount: ids.count, columnCount: width) { target in
      var offset = 0
      for chunk in chunks {
        chunk.withUnsafeBufferPointer { source in
          let part = UnsafeMutableBufferPointer(rebasing: target[offset..<offset + source.count])
          _ = part.update(fromContentsOf: source)
        }
        offset += chunk.count
      }
    }
  }
}
