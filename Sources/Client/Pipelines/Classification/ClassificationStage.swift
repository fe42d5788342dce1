import AutodidactClient
import Files
import FoundationEssentials
import Messages
import TTRPC

/// What happens to texts around the encoder: they are read before it, and labelled and written
/// after it, in their order.
///
/// Used by one task at a time.
final class ClassificationStage {
  private var summary = ClassifyPipeline.Summary()
  /// The samples that were read and not written, in their order.
  private var waiting: [Sample] = []
  private var sequence: UInt64 = 0
  private let includesText: Bool
  private let output: LineOutput
  private let observer: PipelineObserver
  private let encoder = JSONText.encoder()
  private let model: ModelFolder
  private let detector: String?
  private let predictions: MessageCall<PredictRequest, PredictResponse>
  private var predictionAnswers:
    MessageCall<PredictRequest, PredictResponse>.Responses.AsyncIterator
  private let scores: MessageCall<ScoreRequest, ScoreResponse>?
  private var scoreAnswers: MessageCall<ScoreRequest, ScoreResponse>.Responses.AsyncIterator?

  init(
    model: ModelFolder, suite: Autodidact, detector: String?, includesText: Bool,
    output: LineOutput, observer: @escaping PipelineObserver
  ) async throws {
    self.model = model
    self.detector = detector
    self.includesText = includesText
    self.output = output
    self.observer = observer
    predictions = try await suite.teacher.predictStream()
    predictionAnswers = predictions.responses.makeAsyncIterator()
    scores = detector == nil ? nil : try await suite.ood.scoreStream()
    scoreAnswers = scores?.responses.makeAsyncIterator()
  }

  /// The next text that can be encoded; lines without one wait for their turn to be written.
  func nextText(from reader: inout SampleReader) throws -> String? {
    while let sample = try reader.next() {
      waiting.append(sample)
      if !sample.isEmpty { return sample.text }
    }
    return nil
  }

  /// Labels a chunk of texts and writes their lines.
  func receive(_ chunk: TextEncoder.Chunk) async throws {
    let labels = try await predicted(chunk)
    let verdicts = try await scored(chunk)
    sequence += 1
    for row in 0..<chunk.rowCount {
      try writeEmptyLines()
      let sample = waiting.removeFirst()
      let isTruncated = chunk.truncatedRows.contains(row)
      if isTruncated { summary.truncatedCount += 1 }
      var line = ClassifiedRow(sample, includesText: includesText)
      line.label = model.card.classes[Int(labels.labels[row])]
      line.confidence = labels.confidences[row]
      line.isTruncated = isTruncated
      if let verdicts {
        line.oodScore = verdicts.scores[row]
        if !verdicts.outOfDistribution.isEmpty {
          line.isOutOfDistribution = verdicts.outOfDistribution[row]
          if verdicts.outOfDistribution[row] { summary.outOfDistributionCount += 1 }
        }
        if !verdicts.pValues.isEmpty { line.oodPValue = verdicts.pValues[row] }
      }
      try write(line)
    }
    observer(.progress(stage: "classifying", done: summary.rowCount, total: 0))
  }

  /// Writes what still waits and makes the output appear.
  func finish() async throws -> ClassifyPipeline.Summary {
    try writeEmptyLines()
    guard waiting.isEmpty else {
      throw SelfTrainingError.badAnswer("\(waiting.count) texts got no features")
    }
    try await predictions.finish()
    try await scores?.finish()
    try output.commit()
    return summary
  }

  private func predicted(_ chunk: TextEncoder.Chunk) async throws -> PredictResponse {
    var request = PredictRequest()
    request.sequence = sequence
    request.features = chunk.features
    if sequence == 0 { request.head = HeadReference(reference: .head(model.head)) }
    try await predictions.send(request, orCauseIn: &predictionAnswers)
    guard let answer = try await predictionAnswers.next(), answer.sequence == sequence,
      answer.labels.count == chunk.rowCount, answer.confidences.count == chunk.rowCount,
      answer.labels.allSatisfy({ Int($0) < model.card.classes.count })
    else { throw SelfTrainingError.badAnswer("the teacher's labels do not fit the texts") }
    return answer
  }

  private func scored(_ chunk: TextEncoder.Chunk) async throws -> ScoreResponse? {
    guard let scores, let detector, var answers = scoreAnswers else { return nil }
    var request = ScoreRequest()
    request.sequence = sequence
    request.features = chunk.features
    if sequence == 0 { request.detector = detector }
    try await scores.send(request, orCauseIn: &answers)
    guard let answer = try await answers.next(), answer.sequence == sequence,
      answer.scores.count == chunk.rowCount,
      [0, chunk.rowCount].contains(answer.outOfDistribution.count),
      [0, chunk.rowCount].contains(answer.pValues.count)
    else { throw SelfTrainingError.badAnswer("the OOD service's scores do not fit the texts") }
    return answer
  }

  private func writeEmptyLines() throws {
    while let first = waiting.first, first.isEmpty {
      waiting.removeFirst()
      summary.emptyCount += 1
      try write(ClassifiedRow(first, includesText: includesText))
    }
  }

  private func write(_ row: ClassifiedRow) throws {
    try output.append(Array(try encoder.encode(row)))
    summary.rowCount += 1
  }
}

extension Sample {
  /// The text has nothing that could be encoded.
  var isEmpty: Bool { text.utf8.allSatisfy { $0 <= 32 } }
}

/// A line of the output of `classify`.
struct ClassifiedRow: Encodable, Equatable {
  enum CodingKeys: String, CodingKey {
    case id, text, label, confidence, truncated
    case isOutOfDistribution = "outOfDistribution"
    case oodScore
    case oodPValue
    case remark
  }

  var id: String
  var text: String?
  var label: String?
  var confidence: Float?
  var isOutOfDistribution: Bool?
  var oodScore: Float?
  var oodPValue: Float?
  var isTruncated = false
  private let isEmpty: Bool

  init(_ sample: Sample, includesText: Bool) {
    id = sample.id
    text = includesText ? sample.text : nil
    isEmpty = sample.isEmpty
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(id, forKey: .id)
    try container.encodeIfPresent(text, forKey: .text)
    try container.encode(label, forKey: .label)
    try container.encode(confidence, forKey: .confidence)
    try container.encode(isOutOfDistribution, forKey: .isOutOfDistribution)
    try container.encode(oodScore, forKey: .oodScore)
    try container.encode(oodPValue, forKey: .oodPValue)
    if isTruncated { try container.encode(true, forKey: .truncated) }
    if isEmpty { try container.encode("the text is empty", forKey: .remark) }
  }
}
