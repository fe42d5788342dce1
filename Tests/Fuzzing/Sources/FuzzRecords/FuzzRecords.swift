import Glibc
import Messages

@testable import Pipelines

/// Reads any bytes as each kind of JSON Lines file that users hand to the command line.
///
/// The first byte chooses the kind: `0` texts, `1` labelled texts, `2` labels, `3` prompts,
/// `4` a conversation, `5` questions, `6` answers to judge, `7` labelled answers, `8` candidates,
/// `9` pairs. The rest is the file, plain or gzip.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzRecords(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let input = UnsafeRawBufferPointer(start: start, count: count)
  guard let choice = input.first else { return 0 }
  let bytes = UnsafeRawBufferPointer(rebasing: input.dropFirst())
  checkLines(bytes, pieceBytes: Int(choice) + 1)
  write(bytes)
  do throws(InputError) {
    try read(kind: Int(choice &- UInt8(ascii: "0")) % 10)
  } catch {
    precondition(!error.description.isEmpty)
  }
  return 0
}

/// A small bound, so that short inputs reach what lies beyond it.
private let lineBytesMax = 4096

private func read(kind: Int) throws(InputError) {
  switch kind {
  case 0: try readSamples(.text)
  case 1: try readSamples(.labelledText)
  case 2: try readSamples(.label)
  case 3: try readPrompts()
  case 4:
    for message in try ChatFile.messages(path: path) { precondition(message.role != .unspecified) }
  case 5: try readQuestions()
  case 6: try readAnswers(.answer)
  case 7: try readAnswers(.labelledAnswer)
  case 8: try readAnswers(.candidates)
  default: try readAnswers(.pair)
  }
}

private func readSamples(_ requirement: SampleReader.Requirement) throws(InputError) {
  var reader = try SampleReader(path: path, requirement: requirement, lineBytesMax: lineBytesMax)
  var last = 0
  while let sample = try reader.next() {
    precondition(sample.line > last, "line \(sample.line) after \(last)")
    last = sample.line
    precondition(!sample.id.isEmpty && !sample.text.utf8.contains(0), "\(sample)")
    precondition((sample.label == nil) == (requirement == .text), "\(sample)")
    precondition(sample.label?.isEmpty != true, "\(sample)")
  }
  precondition(last > 0, "a file without a sample was read")
}

private func readPrompts() throws(InputError) {
  let rowCount = try PromptReader.rowCount(path: path)
  var reader = try PromptReader(path: path)
  var count = 0
  while let row = try reader.next() {
    precondition(row.prompt.input != nil, "\(row)")
    count += 1
  }
  precondition(count == rowCount, "\(count) rows of \(rowCount)")
}

private func readQuestions() throws(InputError) {
  var reader = try QuestionReader(path: path, lineBytesMax: lineBytesMax)
  while let question = try reader.next() {
    precondition(!question.id.isEmpty && question.id.utf8.count <= QuestionReader.idBytesMax)
    precondition(question.answer?.isEmpty != true, "\(question)")
    if case .chat(let turns, _) = question.input {
      precondition(turns.last?.role == .user || turns.last?.role == .system, "\(question)")
    }
  }
}

private func readAnswers(_ kind: JudgeRow.Kind) throws(InputError) {
  var reader = try JudgeRowReader(path: path, kind: kind)
  while let row = try reader.next() {
    precondition(!row.id.isEmpty, "\(row)")
    precondition(kind == .pair ? row.responses.count == 2 : !row.responses.isEmpty, "\(row)")
    precondition(row.label.map { (0...1).contains($0) } ?? true, "\(row)")
    precondition(kind != .labelledAnswer || row.label != nil, "\(row)")
    // What was read must fit into a message.
    do throws(MessageError) {
      _ = try row.item.encoded()
    } catch {
      preconditionFailure("\(row) was accepted, but: \(error)")
    }
  }
}

/// Lines do not depend on the pieces in which the bytes arrive.
private func checkLines(_ bytes: UnsafeRawBufferPointer, pieceBytes: Int) {
  let whole = lines(bytes, pieceBytes: max(1, bytes.count))
  let pieces = lines(bytes, pieceBytes: pieceBytes)
  precondition(whole == pieces, "cutting changes the lines")
}

private func lines(_ bytes: UnsafeRawBufferPointer, pieceBytes: Int) -> [LineSplitter.Event] {
  var splitter = LineSplitter(lineBytesMax: lineBytesMax)
  var events: [LineSplitter.Event] = []
  var rest = bytes[...]
  while true {
    switch splitter.next() {
    case .line(let line): events.append(.line(line))
    case .needsBytes:
      splitter.append(UnsafeRawBufferPointer(rebasing: rest.prefix(pieceBytes)))
      rest = rest.dropFirst(pieceBytes)
    case .tooLong: return events + [.tooLong]
    case .end: return events + [.end]
    }
  }
}

/// A file in memory, one a process.
private let path = "/dev/shm/autodidact-fuzz-\(getpid()).jsonl"

private func write(_ bytes: UnsafeRawBufferPointer) {
  let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
  precondition(descriptor >= 0, "\(path): errno \(errno)")
  let written = bytes.isEmpty ? 0 : Glibc.write(descriptor, bytes.baseAddress, bytes.count)
  precondition(written == bytes.count, "\(path): \(written) of \(bytes.count) bytes")
  close(descriptor)
}
