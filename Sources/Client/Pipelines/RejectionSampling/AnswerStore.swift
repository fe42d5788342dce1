import Files
import FoundationEssentials

/// The answers to all questions on disk; an interrupted run finds them again.
///
/// Memory: a few bytes a question; the answers are read where they are needed.
final class AnswerStore {
  private let journal: LineJournal
  private let path: String
  private let encoder = JSONText.encoder()
  /// The line of each question's record.
  private var lines: [Int?]

  /// Opens or creates the store in `folder` for `questionCount` questions.
  init(folder: String, questionCount: Int, calls: FileCalls) throws {
    try Folder.create(folder)
    path = folder + "/answers.journal"
    journal = try LineJournal(path: path, calls: calls)
    lines = [Int?](repeating: nil, count: questionCount)
    for line in 0..<journal.count {
      let question = try decoded(line).question
      guard lines.indices.contains(question) else {
        throw RejectionSamplingError.damaged(path: path, reason: "there is no question \(question)")
      }
      lines[question] = line
    }
  }

  /// The questions without a record.
  var missing: [Int] { lines.indices.filter { lines[$0] == nil } }

  /// The number of questions with a record.
  var count: Int { lines.count { $0 != nil } }

  /// Adds a record.
  func append(_ record: AnswerRecord) throws {
    try journal.append(Array(try encoder.encode(record)))
    lines[record.question] = journal.count - 1
  }

  /// Brings all records to the device.
  func sync() throws(FileError) { try journal.sync() }

  /// The record of a question, which must be there.
  func record(of question: Int) throws -> AnswerRecord {
    guard let line = lines[question] else {
      preconditionFailure("question \(question) has no record")
    }
    return try decoded(line)
  }

  /// SHA-256 over all answers in the order of the questions; nothing of it depends on time.
  func digest() throws -> String {
    var hash = ContentDigest()
    for question in lines.indices {
      let record = try record(of: question)
      hash.add(record.failure ?? "")
      hash.add(count: record.samples.count)
      for sample in record.samples {
        hash.add(sample.text)
        hash.add("\(sample.finish)")
        sample.tokenLogProbabilities.withUnsafeBytes { hash.add($0) }
      }
    }
    return hash.hexadecimal
  }

  private func decoded(_ line: Int) throws -> AnswerRecord {
    do {
      return try JSONText.value(AnswerRecord.self, from: try journal.line(line))
    } catch is DecodingError {
      throw RejectionSamplingError.damaged(path: path, reason: "line \(line + 1) is no record")
    }
  }
}
