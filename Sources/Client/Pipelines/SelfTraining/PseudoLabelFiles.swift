import AutodidactClient
import Files
import FoundationEssentials
import Messages
import TTRPC

/// Writes `pseudo_labels.jsonl` and `quarantine.jsonl` from the teacher's decisions and the pool.
struct PseudoLabelFiles {
  static let pseudoLabelsName = "pseudo_labels.jsonl"
  static let quarantineName = "quarantine.jsonl"

  let teacher: TeacherClient
  let runID: String
  let corpus: Corpus
  let fields: SampleFields
  let observer: PipelineObserver

  /// Writes both files into `folder` and returns what was seen on the way.
  func write(into folder: String, calls: FileCalls) async throws -> PseudoLabelSurvey {
    var survey = PseudoLabelSurvey(classes: corpus.classes)
    var pseudoLabels = try LineFile(path: folder + "/" + Self.pseudoLabelsName, calls: calls)
    var quarantine = try LineFile(path: folder + "/" + Self.quarantineName, calls: calls)
    var pool = try PoolReader(corpus.unlabelled, fields: fields)
    let encoder = JSONText.encoder()
    let call = try await teacher.pseudoLabels(PseudoLabelsRequest(runID: runID))
    for try await response in call.responses {
      for decision in response.rows {
        let sample = try pool.next(id: decision.sampleID)
        let isQuarantined = survey.add(decision, sample: sample, row: pool.row)
        guard decision.selected || isQuarantined else { continue }
        let line = Array(try encoder.encode(PseudoLabelRow(decision, sample: sample)))
        if decision.selected {
          try pseudoLabels.append(line)
        } else {
          try quarantine.append(line)
        }
      }
      observer(
        .progress(stage: "writing pseudo-labels", done: pool.row, total: corpus.unlabelled.count))
    }
    try pseudoLabels.commit()
    try quarantine.commit()
    return survey
  }
}

/// Reads the pool a last time, in step with the decisions on it.
private struct PoolReader {
  /// The row that was read last.
  private(set) var row = -1
  private let part: Corpus.Part
  private var reader: SampleReader

  init(_ part: Corpus.Part, fields: SampleFields) throws {
    self.part = part
    reader = try SampleReader(path: part.path, fields: fields, requirement: part.requirement)
  }

  /// The next sample that was sent to the teacher, which must have this id.
  mutating func next(id: String) throws -> Sample {
    row += 1
    guard row < part.count, part.ids[row] == id else {
      throw SelfTrainingError.badAnswer("the teacher's decision on “\(id)” is out of order")
    }
    while let sample = try reader.next() {
      guard sample.line >= part.lines[row] else { continue }
      guard sample.id == id else { break }
      return sample
    }
    throw SelfTrainingError.changed(path: part.path)
  }
}
