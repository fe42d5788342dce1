@testable import Judging

/// Reads what stands before the first line feed as a pattern and searches for it in the rest, and
/// reads numbers and answers out of the rest.
///
/// Whatever is no pattern must be refused at a place inside it; what is found must stand in the
/// text, and a search must end at once, however pattern and text look.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPatterns(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let input = UnsafeBufferPointer(start: start, count: count)
  let end = input.firstIndex(of: UInt8(ascii: "\n")) ?? count
  let source = String(decoding: input[..<end], as: UTF8.self)
  let text = String(decoding: input.dropFirst(end + 1).prefix(textBytesMax), as: UTF8.self)
  do throws(PatternError) {
    let pattern = try Pattern(source)
    let match = pattern.firstMatch(in: text)
    precondition(match == pattern.firstMatch(in: text), "two searches differ")
    if let answer = match?.answer {
      precondition(contains(text, answer), "the answer “\(answer)” is not in the text")
    }
  } catch {
    precondition((0...source.utf8.count).contains(error.position), "\(error)")
  }
  let form = AnswerForm.allCases[count % AnswerForm.allCases.count]
  do throws(JudgeFitError) {
    let reader = try AnswerReader(AnswerExtraction(form: form, pattern: source))
    if let answer = reader.answer(in: text) {
      precondition(!answer.text.isEmpty, "an empty answer was read")
    }
    if let number = reader.number(in: text) {
      precondition(number.value.isFinite, "\(number.text) is \(number.value)")
    }
  } catch {
    precondition(!"\(error)".isEmpty)
  }
  return 0
}

/// Time is text times pattern: a bound on the text, so that a slow input is one that hangs.
private let textBytesMax = 1024

/// Whether the scalars of `part` stand in `text`.
private func contains(_ text: String, _ part: String) -> Bool {
  guard let first = part.utf8.first else { return true }
  let (bytes, wanted) = (Array(text.utf8), Array(part.utf8))
  return bytes.indices.contains { bytes[$0] == first && bytes[$0...].starts(with: wanted) }
}
