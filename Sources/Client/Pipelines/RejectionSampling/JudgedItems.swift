import Messages

/// Items for the judge that are made when they are sent, in chunks of bounded size.
struct JudgedItemSource {
  /// A chunk is full when its texts reach this many bytes.
  private static let chunkBytes = 1 << 20
  /// The most items of a chunk.
  private static let chunkCountMax = 500

  let count: Int
  /// Makes the item at a place.
  let item: (Int) throws -> JudgedItem

  /// The items from `start` on that fit into one message.
  func chunk(from start: Int) throws -> [JudgedItem] {
    var items: [JudgedItem] = []
    var byteCount = 0
    var index = start
    while index < count, items.count < Self.chunkCountMax {
      let item = try item(index)
      byteCount += item.approximateBytes
      guard items.isEmpty || byteCount <= Self.chunkBytes else { break }
      items.append(item)
      index += 1
    }
    return items
  }
}

extension JudgedItem {
  fileprivate var approximateBytes: Int {
    var count = response.utf8.count + otherSamples.reduce(0) { $0 + $1.utf8.count + 4 } + 100
    count += tokenLogProbabilities.count * 4 + (reference?.utf8.count ?? 0)
    switch prompt?.input {
    case .text(let text): count += text.utf8.count
    case .chat(let chat): count += chat.messages.reduce(0) { $0 + $1.content.utf8.count + 8 }
    case .tokens, nil: break
    }
    return count
  }
}

/// Makes items for the judge out of questions and their answers.
final class JudgedItemMaker {
  private let questions: QuestionSet
  private let store: AnswerStore
  /// The record that was read last: the answers of a question are asked for one after the other.
  private var last: AnswerRecord?

  /// Items out of the answers in `store`.
  init(questions: QuestionSet, store: AnswerStore) {
    self.questions = questions
    self.store = store
  }

  /// The item of one answer, which its question's other answers go with.
  func item(question index: Int, sample: Int, label: Double? = nil) throws -> JudgedItem {
    let record = try record(of: index)
    let question = questions.questions[index]
    var item = JudgedItem()
    item.itemID = "\(question.id)#\(sample)"
    item.promptID = question.id
    item.prompt = question.input.prompt
    item.response = record.samples[sample].text
    item.reference = question.answer
    item.tokenLogProbabilities = record.samples[sample].tokenLogProbabilities
    item.label = label
    item.otherSamples = record.samples.indices.filter { $0 != sample }
      .map { record.samples[$0].text }
    return item
  }

  private func record(of question: Int) throws -> AnswerRecord {
    if let last, last.question == question { return last }
    let record = try store.record(of: question)
    last = record
    return record
  }
}
