import CMessages
import CProtobufC
import Testing

@testable import Messages

/// What the validator relies on, checked on protobuf-c's descriptors.
@Suite struct SchemaTests {
  @Test func `no message contains itself and none nests deeper than the validator goes`() throws {
    for type in MessageTypes.all {
      let type = try #require(type as? any CMessage.Type)
      #expect(depth(of: type.descriptor.pointer, path: []) <= WireValidator.depthMax)
    }
  }

  @Test func `no message has more fields than the validator's set holds`() throws {
    for type in MessageTypes.all {
      let type = try #require(type as? any CMessage.Type)
      #expect(type.descriptor.pointer.pointee.n_fields <= 64, "\(type.messageName)")
      #expect(type.descriptor.name == type.messageName)
    }
  }

  @Test func `fields are sorted by number and none is required`() throws {
    for type in MessageTypes.all {
      let type = try #require(type as? any CMessage.Type)
      let message = type.descriptor.pointer.pointee
      let fields = UnsafeBufferPointer(start: message.fields, count: Int(message.n_fields))
      #expect(zip(fields, fields.dropFirst()).allSatisfy { $0.id < $1.id }, "\(type.messageName)")
      #expect(fields.allSatisfy { $0.label != PROTOBUF_C_LABEL_REQUIRED }, "\(type.messageName)")
    }
  }

  @Test func `a type that contained itself would be refused at a depth`() {
    withSelfContainingDescriptor { descriptor in
      var nested: [UInt8] = []
      for _ in 0..<WireValidator.depthMax { nested = Wire.block(1, nested) }
      let error = MessageError.tooDeep(
        message: "M", depth: WireValidator.depthMax + 1, limit: WireValidator.depthMax)
      #expect(throws: error) { try validate(nested, descriptor) }
      #expect(throws: Never.self) { try validate(Array(nested.dropFirst(2)), descriptor) }
    }
  }

  private func validate(_ bytes: [UInt8], _ descriptor: MessageDescriptor) throws {
    try bytes.withUnsafeBytes { buffer in
      var validator = WireValidator(bytes: buffer, limits: DecodingLimits())
      try validator.validate(descriptor)
    }
  }

  private func depth(
    of message: UnsafePointer<ProtobufCMessageDescriptor>,
    path: [UnsafePointer<ProtobufCMessageDescriptor>]
  ) -> Int {
    guard !path.contains(message) else {
      Issue.record("\(String(cString: message.pointee.name)) contains itself")
      return 0
    }
    let fields = UnsafeBufferPointer(
      start: message.pointee.fields, count: Int(message.pointee.n_fields))
    var deepest = 0
    for field in fields where field.type == PROTOBUF_C_TYPE_MESSAGE {
      guard let below = field.descriptor else { continue }
      deepest = max(
        deepest,
        depth(
          of: below.assumingMemoryBound(to: ProtobufCMessageDescriptor.self),
          path: path + [message]))
    }
    return deepest + 1
  }

  /// Calls `body` with a message type `M` whose field 1 holds any number of `M`.
  private func withSelfContainingDescriptor(_ body: (MessageDescriptor) -> Void) {
    let message = UnsafeMutablePointer<ProtobufCMessageDescriptor>.allocate(capacity: 1)
    let field = UnsafeMutablePointer<ProtobufCFieldDescriptor>.allocate(capacity: 1)
    defer {
      message.deallocate()
      field.deallocate()
    }
    "M".withCString { name in
      field.initialize(to: ProtobufCFieldDescriptor())
      field.pointee.name = name
      field.pointee.id = 1
      field.pointee.label = PROTOBUF_C_LABEL_REPEATED
      field.pointee.type = PROTOBUF_C_TYPE_MESSAGE
      field.pointee.descriptor = UnsafeRawPointer(message)
      message.initialize(to: ProtobufCMessageDescriptor())
      message.pointee.name = name
      message.pointee.n_fields = 1
      message.pointee.fields = UnsafePointer(field)
      body(
        MessageDescriptor(ProtobufCMessage.self) { $0.pointee.descriptor = UnsafePointer(message) })
    }
  }
}
