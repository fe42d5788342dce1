private import FoundationEssentials

/// What a JSON decoder objected to, without the file's text.
func jsonFailure(_ error: any Error) -> String {
  func place(_ path: [any CodingKey]) -> String {
    path.isEmpty ? "the top level" : path.map(\.stringValue).joined(separator: ".")
  }
  return switch error {
  case DecodingError.keyNotFound(let key, let context):
    "\(place(context.codingPath)) has no \"\(key.stringValue)\""
  case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
    "\(place(context.codingPath)) has the wrong type"
  case DecodingError.dataCorrupted(let context): "\(place(context.codingPath)) is not valid"
  default: "not JSON"
  }
}
