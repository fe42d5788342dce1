import Messages

/// Decodes any bytes as any message: the first byte chooses the type, the rest is the message.
///
/// What is accepted must encode, and its encoding must decode to the same bytes again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzMessages(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let input = UnsafeRawBufferPointer(start: start, count: count)
  guard let choice = input.first else { return 0 }
  let types = MessageTypes.all
  let type = types[Int(choice) % types.count]
  check(type, UnsafeRawBufferPointer(rebasing: input.dropFirst()))
  return 0
}

private func check<Message: WireMessage>(_: Message.Type, _ bytes: UnsafeRawBufferPointer) {
  let message: Message
  do {
    message = try Message.decoded(from: bytes, limits: DecodingLimits())
  } catch {
    if case .malformed = error { preconditionFailure("the validator let pass: \(error)") }
    return
  }
  do {
    let once = try message.encoded()
    let twice = try Message.decoded(from: once).encoded()
    precondition(once == twice, "\(Message.messageName) changes: \(once) \(twice)")
  } catch {
    preconditionFailure("\(Message.messageName) was accepted, but: \(error)")
  }
}
