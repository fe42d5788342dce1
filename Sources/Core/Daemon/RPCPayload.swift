package import Messages
package import TTRPC

extension WireMessage {
  /// Reads a request from `payload`.
  ///
  /// - Throws: an `RPCError` for the caller, who sent what is wrong with it: RESOURCE_EXHAUSTED
  ///   beyond a limit, else INVALID_ARGUMENT.
  package init(
    _ payload: Payload, limits: DecodingLimits = DecodingLimits()
  ) throws(RPCError) {
    do throws(MessageError) {
      self = try payload.withUnsafeBytes { (bytes) throws(MessageError) in
        try Self.decoded(from: bytes, limits: limits)
      }
    } catch {
      throw RPCError(
        code: error.isBeyondLimit ? .resourceExhausted : .invalidArgument,
        message: error.description, cause: error)
    }
  }

  /// The message as the payload of a response.
  ///
  /// - Throws: an `RPCError` INTERNAL: the service made a message that cannot be sent.
  package func payload() throws(RPCError) -> Payload {
    do throws(MessageError) {
      return try withPacked { packed in
        Payload(capacity: packed.byteCount) { packed.write(to: $0) }
      }
    } catch {
      throw RPCError(code: .internal, message: error.description, cause: error)
    }
  }
}
