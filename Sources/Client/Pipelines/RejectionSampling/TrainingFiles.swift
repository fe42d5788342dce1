import Files
import FoundationEssentials
import Messages

/// Writes the training sets and `judged.jsonl`.
struct TrainingFiles {
  static let promptCompletionName = "prompt_completion.jsonl"
  static let preferencesName = "preferences.jsonl"
  static let judgedName = "judged.jsonl"
  /// Examples of each kind for the report.
  private static let exampleCount = 6

  let request: RejectionSamplingRequest
  let questions: QuestionSet
  let store: AnswerStore
  let answers: JudgedAnswers
  let selection: AnswerSelection.Outcome
  let observer: PipelineObserver

  /// Writes the files into `folder` and returns examples for the report.
  func write(into folder: String, calls: FileCalls) throws -> [RejectionReportContent.Example] {
    var completions = try LineFile(path: folder + "/" + Self.promptCompletionName, calls: calls)
    var preferences = try LineFile(path: folder + "/" + Self.preferencesName, calls: calls)
    var judged = try LineFile(path: folder + "/" + Self.judgedName, calls: calls)
    var examples = ExamplePicker(countMax: Self.exampleCount)
    let encoder = JSONText.encoder()
    for question in 0..<questions.count {
      let record = try store.record(of: question)
      for sample in record.samples.indices {
        let row = row(question, sample, record)
        try judged.append(Array(try encoder.encode(row)))
        if row.selected, row.role != .calibration {
          examples.add(row, prompt: questions.questions[question].input.lastText)
        }
      }
      if let kept = kept(question), let row = completion(question, kept, record) {
        try completions.append(Array(try encoder.encode(row)))
        if let pair = preference(question, kept, row, record) {
          try preferences.append(Array(try encoder.encode(pair)))
        }
      }
      observer(.progress(stage: "writing", done: question + 1, total: questions.count))
    }
    try completions.commit()
    try preferences.commit()
    try judged.commit()
    return examples.examples
  }

  /// The sample of a question that is kept.
  private func kept(_ question: Int) -> Int? {
    selection.decisions[question]?.accepted == true ? selection.best[question] : nil
  }

  private func completion(
    _ question: Int, _ sample: Int, _ record: AnswerRecord
  ) -> PromptCompletionRow? {
    guard let score = answers.verdicts[question][sample].score else { return nil }
    let input = questions.questions[question].input
    return PromptCompletionRow(
      id: questions.questions[question].id, prompt: input.trainingPrompt(request.promptTurns),
      completion: input.trainingCompletion(record.samples[sample].text), score: score)
  }

  private func preference(
    _ question: Int, _ sample: Int, _ row: PromptCompletionRow, _ record: AnswerRecord
  ) -> PreferenceRow? {
    guard let rival = answers.bestRival(of: question, to: sample) else { return nil }
    return PreferenceRow(
      id: row.id, prompt: row.prompt, chosen: row.completion,
      rejected: questions.questions[question].input.trainingCompletion(record.samples[rival].text),
      scoreChosen: row.score, scoreRejected: answers.verdicts[question][rival].score)
  }

  private func row(_ question: Int, _ sample: Int, _ record: AnswerRecord) -> JudgedRow {
    let verdict = answers.verdicts[question][sample]
    let isSelected = selection.best[question] == sample
    let decision = isSelected ? selection.decisions[question] : nil
    let reasons = [verdict.reason, decision?.reason ?? ""].filter { !$0.isEmpty }
    let asked = questions.questions[question]
    return JudgedRow(
      id: asked.id, sample: sample, role: questions.roles[question], task: asked.task,
      text: record.samples[sample].text, answer: verdict.answer, gold: asked.answer,
      right: verdict.isRight, score: verdict.score, scoreID: verdict.scoreID,
      voteShare: verdict.voteShare, logProbability: verdict.logProbability,
      tokenCount: record.samples[sample].tokenCount, cutOff: verdict.isCutOff,
      selected: isSelected, kept: decision?.accepted == true,
      reason: reasons.isEmpty ? nil : reasons.joined(separator: "; "))
  }
}

extension Question.Input {
  /// What was asked last, for a person to read.
  var lastText: String {
    switch self {
    case .text(let text): text
    case .chat(let turns, _): turns.last?.content ?? ""
    }
  }
}

/// Takes some best answers of each kind: kept and not, right and wrong; the first of each task.
private struct ExamplePicker {
  let countMax: Int
  private(set) var examples: [RejectionReportContent.Example] = []
  private var counts: [String: Int] = [:]
  private var tasks: [String: Int] = [:]

  init(countMax: Int) { self.countMax = countMax }

  mutating func add(_ row: JudgedRow, prompt: String) {
    let kind = "\(row.kept) \(row.right.map { "\($0)" } ?? "")"
    let task = kind + (row.task ?? "")
    // Every task has its turn before one of them has three.
    guard counts[kind, default: 0] < countMax, tasks[task, default: 0] < max(2, countMax / 2) else {
      return
    }
    counts[kind, default: 0] += 1
    tasks[task, default: 0] += 1
    examples.append(
      .init(
        id: row.id, prompt: prompt, text: row.text, gold: row.gold, score: row.score ?? 0,
        voteShare: row.voteShare, isKept: row.kept, isRight: row.right))
  }
}
