@testable import Decoding

/// Gives any bytes as those of tokens to the assembler of texts.
///
/// The first byte says how many stop strings follow, each ended by a line feed, and how the rest is
/// cut into tokens. Whatever the cuts, the texts together must be those of one token, whole
/// characters without NUL, and the same stop string must end them.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTexts(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  var rest = UnsafeBufferPointer(start: start, count: count)[...]
  guard let choice = rest.popFirst() else { return 0 }
  var stops: [String] = []
  while stops.count < Int(choice % 4), let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
    let stop = String(decoding: rest[..<end], as: UTF8.self)
    rest = rest[(end + 1)...]
    if !stop.isEmpty { stops.append(stop) }
  }
  let bytes = Array(rest)
  let whole = assembled(bytes, stops, tokenBytes: max(1, bytes.count))
  let pieces = assembled(bytes, stops, tokenBytes: Int(choice / 4) + 1)
  precondition(whole == pieces, "cutting changes \(whole) into \(pieces)")
  precondition(!whole.text.utf8.contains(0), "NUL in \(whole)")
  if whole.stop == nil {
    let expected = String(decoding: bytes.map { $0 }, as: UTF8.self).unicodeScalars
      .map { $0 == "\0" ? "\u{FFFD}" : $0 }
    precondition(expected.elementsEqual(whole.text.unicodeScalars), "\(bytes) became \(whole)")
  }
  return 0
}

private func assembled(
  _ bytes: [UInt8], _ stops: [String], tokenBytes: Int
) -> (text: String, stop: String?) {
  var assembler = TextAssembler(stopStrings: stops)
  var text = ""
  var rest = bytes[...]
  while !rest.isEmpty {
    let stop = assembler.append(Array(rest.prefix(tokenBytes)))
    rest = rest.dropFirst(tokenBytes)
    text += assembler.takeText()
    if let stop { return (text + assembler.finish(), stop) }
  }
  return (text + assembler.finish(), nil)
}
